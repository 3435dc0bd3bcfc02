import { randomUUID } from 'node:crypto';
import type { Tx } from '../../../database/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { storable } from '../../../lib/storable.ts';
import { absent, badParameter, exists } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Assessment, AssessmentKind } from '../schema/traces.ts';
import { type AssessmentRow, assessmentStore } from '../store/assessments.ts';
import { type TraceRow, traceStore } from '../store/traces.ts';
import { kindOf, timestampOf, toAssessment } from '../wire/traces.ts';
import type { TrackingContext } from './context.ts';
import { findTrace } from './traces.ts';

const LONGEST = { id: 250, name: 250, body: 1_000_000 };
/** Of one trace. */
const MOST = 1000;

/** An assessment without what the row alone says. */
type AssessmentBody = Omit<Assessment, 'assessment_id' | 'trace_id' | 'overrides' | 'valid'>;

/** What is said of traces by people, judges and programs. */
export function assessmentVerbs(context: TrackingContext) {
  const { database } = context;
  const store = assessmentStore(database.capabilities.engine);
  const traces = traceStore(database.capabilities.engine);

  async function put(tx: Tx, trace: TraceRow, given: Assessment): Promise<AssessmentRow> {
    const kind = kindOf(given);
    if (kind === undefined) throw badParameter('Unknown assessment type: None');
    const id = given.assessment_id || `a-${randomUUID().replaceAll('-', '')}`;
    if (id.length > LONGEST.id) throw badParameter(`An assessment_id has at most ${LONGEST.id} characters.`);
    const number = await store.nextNumber(tx, trace.id);
    if (number > MOST) throw badParameter(`A trace has at most ${MOST} assessments.`);
    if (given.overrides && !(await store.setValid(tx, trace.id, given.overrides, false)))
      throw absent(`Assessment with ID '${given.overrides}' not found for trace '${trace.trace_id}'`);
    const now = timestampOf(Date.now());
    const { assessment_name, span_id, source, rationale, metadata } = given;
    const body: AssessmentBody = {
      assessment_name: assessment_name ?? '',
      span_id: span_id || undefined,
      source: source ?? { source_type: 'SOURCE_TYPE_UNSPECIFIED', source_id: undefined },
      create_time: given.create_time ?? now,
      last_update_time: given.last_update_time ?? now,
      feedback: undefined,
      expectation: undefined,
      issue: undefined,
      ...valueOf(given, kind),
      // Why something is expected is not said.
      rationale: (kind !== 'expectation' && rationale) || undefined,
      metadata: metadata && Object.keys(metadata).length > 0 ? metadata : undefined,
    };
    const valid = given.valid === false ? 0 : 1;
    const row = {
      trace: trace.id,
      assessment_id: storable(id),
      number,
      valid,
      overrides: given.overrides || null,
    };
    const whole = { ...row, ...searched(body, kind) };
    await store.put(tx, whole);
    return whole;
  }

  async function find(project: string, traceId: string, assessmentId: string, reader = database.read) {
    const trace = await traces.find(reader, project, traceId);
    if (!trace) throw absent(`Trace with request_id '${traceId.slice(0, 250)}' not found`);
    const row = await store.find(reader, trace.id, assessmentId);
    if (row) return { trace, row };
    throw absent(`Assessment with ID '${assessmentId.slice(0, 250)}' not found for trace '${traceId}'`);
  }

  return {
    putAssessment: put,

    /** Adds an assessment, under an id of its own unless one is given; the one it overrides is no longer valid. */
    async createAssessment(_actor: Actor, project: string, traceId: string, given: Assessment, id?: string) {
      const row = await database.write(async (tx) => {
        const trace = await findTrace(context, project, traceId, tx);
        // Whoever else adds one to this trace waits, so that no two get the same number.
        await traces.update(tx, trace.id, { trace_id: trace.trace_id });
        if (id !== undefined && (await store.find(tx, trace.id, id)))
          throw exists(`Assessment with ID '${id.slice(0, 250)}' already exists.`);
        return put(tx, trace, { ...given, assessment_id: id });
      });
      return toAssessment(traceId, row);
    },

    async getAssessment(project: string, traceId: string, assessmentId: string): Promise<Assessment> {
      return toAssessment(traceId, (await find(project, traceId, assessmentId)).row);
    },

    /** Changes the named fields: `assessment_name`, `feedback`, `expectation`, `rationale`, `metadata` (which is merged). */
    async updateAssessment(
      _actor: Actor,
      project: string,
      traceId: string,
      assessmentId: string,
      given: Assessment,
      fields: readonly string[],
    ): Promise<Assessment> {
      const row = await database.write(async (tx) => {
        const { row: found } = await find(project, traceId, assessmentId, tx);
        const before = JSON.parse(found.body) as AssessmentBody;
        const takes = (field: string) => fields.includes(field);
        if (takes('feedback') && takes('expectation'))
          throw badParameter('Cannot specify both `expectation` and `feedback` parameters.');
        if (takes('expectation') && found.kind !== 'expectation')
          throw badParameter('Cannot update expectation value on a Feedback assessment.');
        if (takes('feedback') && found.kind !== 'feedback')
          throw badParameter('Cannot update feedback value on an Expectation assessment.');
        const body: AssessmentBody = {
          ...before,
          ...(takes('assessment_name') ? { assessment_name: given.assessment_name ?? '' } : {}),
          ...(takes(found.kind) ? valueOf(given, found.kind) : {}),
          ...(takes('rationale') && found.kind === 'feedback' ? { rationale: given.rationale ?? '' } : {}),
          ...(takes('metadata') ? { metadata: { ...before.metadata, ...given.metadata } } : {}),
          last_update_time: timestampOf(Date.now()),
        };
        const changed = { ...found, ...searched(body, found.kind) };
        await store.put(tx, changed);
        return changed;
      });
      return toAssessment(traceId, row);
    },

    /** Removing twice is no fault. What the removed one had overridden is valid again. */
    async deleteAssessment(_actor: Actor, project: string, traceId: string, assessmentId: string) {
      await database.write(async (tx) => {
        const trace = await traces.find(tx, project, traceId);
        const gone = trace && (await store.remove(tx, trace.id, assessmentId));
        if (gone?.overrides) await store.setValid(tx, gone.trace, gone.overrides, true);
      });
    },
  };
}

/** The value alone, in the form it is answered in: null where a feedback has none. */
function valueOf(given: Assessment, kind: AssessmentKind): Partial<Pick<Assessment, AssessmentKind>> {
  if (kind === 'feedback') {
    const { value, error } = given.feedback ?? {};
    return { feedback: { value: value ?? null, error } };
  }
  return { [kind]: given[kind] ?? {} };
}

/** The columns that follow from an assessment. Throws for one that is too large. */
function searched(body: AssessmentBody, kind: AssessmentKind) {
  const text = storable(JSON.stringify(body)).replaceAll('\\u0000', '\\uFFFD');
  if (text.length > LONGEST.body) throw badParameter(`An assessment has at most ${LONGEST.body} characters.`);
  const name = body.assessment_name ?? '';
  if (name.length > LONGEST.name)
    throw badParameter(`'assessment_name' exceeds the maximum length of ${LONGEST.name} characters`);
  const value = comparable(body);
  return {
    name: storable(name),
    kind,
    text:
      value === undefined || value === null
        ? null
        : storable(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LIMITS.tagValue),
    amount: typeof value === 'number' ? value : null,
    body: text,
  };
}

function comparable({ feedback, expectation }: AssessmentBody): unknown {
  if (feedback) return feedback.value;
  const serialized = expectation?.serialized_value?.value;
  if (serialized === undefined) return expectation?.value;
  try {
    return JSON.parse(serialized) as unknown;
  } catch {
    return serialized;
  }
}
