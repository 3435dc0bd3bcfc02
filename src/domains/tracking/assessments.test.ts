import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { EMPTY, hex, traceRoom } from '../../../test/harness/traces.ts';
import { ANONYMOUS } from '../identity/schema.ts';

describe.each(ENGINES)('assessments of traces on %s', (engine) => {
  const { room, start } = traceRoom(engine);

  it('keeps assessments: overridden ones are not valid until the other is gone', async () => {
    const id = `tr-${hex(16)}`;
    await start({ trace_id: id });
    const make = (given: Partial<typeof EMPTY>) =>
      room.tracking.createAssessment(ANONYMOUS, 'default', id, {
        ...EMPTY,
        assessment_name: 'good',
        ...given,
      });
    const first = await make({ feedback: { value: true, error: undefined }, rationale: 'why' });
    const firstId = first.assessment_id ?? '';
    const second = await make({ feedback: { value: false, error: undefined }, overrides: firstId });
    expect((await room.tracking.getAssessment('default', id, firstId)).valid).toBe(false);
    const changed = await room.tracking.updateAssessment(
      ANONYMOUS,
      'default',
      id,
      firstId,
      { ...EMPTY, feedback: { value: 3, error: undefined }, metadata: { a: '1' } },
      ['feedback', 'metadata'],
    );
    expect(changed).toMatchObject({
      feedback: { value: 3 },
      metadata: { a: '1' },
      rationale: 'why',
      valid: false,
    });
    await room.tracking.deleteAssessment(ANONYMOUS, 'default', id, second.assessment_id ?? '');
    await room.tracking.deleteAssessment(ANONYMOUS, 'default', id, second.assessment_id ?? '');
    const info = await room.tracking.getTraceInfo('default', id);
    expect(info.assessments).toHaveLength(1);
    expect(info.assessments?.[0]).toMatchObject({ assessment_id: firstId, valid: true });
    await expect(make({ feedback: { value: 1, error: undefined }, overrides: 'a-none' })).rejects.toThrow(
      'not found',
    );
    await expect(make({})).rejects.toThrow('Unknown assessment type');
  });
});
