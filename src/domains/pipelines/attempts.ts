import { type BlobStore, putName } from '../../artifacts/index.ts';
import type { Database, Reader } from '../../database/index.ts';
import type { Signals } from '../../events/index.ts';
import type { Handle } from '../../launchers/launcher.ts';
import { AppError, ERRORS, invalid, notFound } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import type { Gate } from '../identity/gate.ts';
import type { Actor } from '../identity/schema.ts';
import { attemptKey, BEAT_MS, type Dispatcher, LEASE_MS, tokenHash } from './dispatch.ts';
import { type Engine, visibleParams } from './engine.ts';
import { PIPELINE_ERRORS } from './errors.ts';
import type { StepLogs } from './logs.ts';
import type { GraphNode, PortType } from './schema/graph.ts';
import type { AttemptEnd, AttemptSpec } from './schema/protocol.ts';
import { DatasetRef, FileRef, type LogChunk, ModelRef } from './schema/runs.ts';
import { findByToken, findHeld, type Held, renewLease, setHandle } from './store/attempts.ts';
import { findRun, type Run } from './store/runs.ts';
import type { PipelineVersion } from './store/versions.ts';

const VALUE_LIMIT = 1_000_000;

interface Place {
  project: string;
  step_run: string;
  attempt: number;
}

/** The far side of `step exec`: every verb first checks that the caller is the attempt that it speaks for. */
export interface AttemptService {
  start(actor: Actor, place: Place, hello: { pid: number; born: string; host: string }): Promise<AttemptSpec>;
  beat(actor: Actor, place: Place, progress: { progress: number | null; text: string | null }): Promise<void>;
  log(actor: Actor, place: Place, chunks: LogChunk[]): Promise<number>;
  /** A file input of the attempt, or its bundle. */
  open(actor: Actor, place: Place, digest: string): Promise<NodeJS.ReadableStream>;
  upload(
    actor: Actor,
    place: Place,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<{ digest: string; size: number }>;
  end(actor: Actor, place: Place, end: AttemptEnd): Promise<void>;
}

interface AttemptGround {
  database: Database;
  blobs: BlobStore;
  signals: Signals;
  engine: Engine;
  dispatcher: Dispatcher;
  logs: StepLogs;
  gate: Gate;
  /** A version, read once. */
  version(reader: Reader, run: Run): Promise<PipelineVersion>;
}

export function createAttempts(ground: AttemptGround): AttemptService {
  const { database, blobs, signals, engine, dispatcher, logs } = ground;
  ground.gate.addIssuer(async (token) => {
    const held = await findByToken(database.read, tokenHash(token));
    return held && actorOf(held);
  });

  async function held(actor: Actor, place: Place): Promise<Held> {
    if (actor.urn !== urn('step-run', place.step_run, place.attempt))
      throw new AppError(ERRORS.FORBIDDEN, 'Only the attempt itself may speak for it.');
    const found = await findHeld(database.read, place.step_run, place.attempt);
    if (!found || found.step.project !== place.project) throw lost(place);
    return found;
  }

  async function context(one: Held): Promise<{ node: GraphNode; spec: AttemptSpec }> {
    const { step, attempt } = one;
    const run = await findRun(database.read, step.project, step.run);
    const version = run && (await ground.version(database.read, run));
    const node = version?.graph.nodes.find((item) => item.id === step.node);
    if (!run || !version || !node) throw notFound(`The pipeline of step run ${step.id}`);
    const spec: AttemptSpec = {
      project: step.project,
      pipeline: step.pipeline,
      run: run.id,
      run_number: run.number,
      step_run: step.id,
      node: node.id,
      step: node.step,
      attempt: attempt.attempt,
      key: attemptKey(one),
      bundle: version.code.bundle,
      root: version.code.root,
      inputs: step.inputs ?? {},
      takes: node.takes,
      outputs: node.outputs,
      params: visibleParams(run, node),
      timeout_ms: node.timeout_ms,
      beat_ms: BEAT_MS,
    };
    return { node, spec };
  }

  return {
    async start(actor, place, hello) {
      const one = await held(actor, place);
      const { spec } = await context(one);
      await database.write(async (tx) => {
        const handle: Handle = { kind: one.attempt.launcher, ...hello };
        if (!(await renewLease(tx, one, LEASE_MS))) throw lost(place);
        if (one.attempt.handle === null) await setHandle(tx, one, handle, hello.host);
      });
      return spec;
    },
    async beat(actor, place, { progress, text }) {
      const one = await held(actor, place);
      const known = progress === null && text === null ? undefined : { value: progress, text };
      if (!(await database.write((tx) => renewLease(tx, one, LEASE_MS, known)))) throw lost(place);
      if (known) signals.emit(one.step.project, `step-run/${one.step.id}`, { run: one.step.run, ...known });
    },
    async log(actor, place, chunks) {
      await held(actor, place);
      return logs.append(place, chunks);
    },
    async open(actor, place, digest) {
      const { spec } = await context(await held(actor, place));
      const files = Object.entries(spec.inputs)
        .filter(([name]) => spec.takes[name]?.kind === 'file')
        .flatMap(([, value]) => value as { digest?: string } | { digest?: string }[]);
      if (digest !== spec.bundle && !files.some((file) => file?.digest === digest))
        throw notFound(`Blob ${digest.slice(0, 12)} among the inputs of this step`);
      return blobs.open(digest);
    },
    async upload(actor, place, bytes) {
      await held(actor, place);
      return blobs.put(bytes);
    },
    async end(actor, place, end) {
      const one = await held(actor, place);
      const done = end.outcome === 'done' ? await publish(one, end.outputs) : await refuse(one, end);
      if (!done) throw lost(place);
      dispatcher.ended(place);
    },
  };

  async function publish(one: Held, outputs: Record<string, unknown>): Promise<boolean> {
    const { node } = await context(one);
    const checked = checkOutputs(node, outputs);
    const files = filesIn(node, checked);
    for (const [name, file] of files)
      if (!(await blobs.find(file.digest))) throw bad(node, name, 'its bytes were not uploaded');
    return database.write(async (tx) => {
      if (!(await engine.succeed(tx, one, checked))) return false;
      for (const [name, file] of files) await putName(tx, `step-run/${one.step.id}`, name, file);
      return true;
    });
  }

  async function refuse(one: Held, end: Extract<AttemptEnd, { outcome: 'failed' }>): Promise<boolean> {
    const { error, exit_code, signal } = end;
    const state = end.kind === 'stopped' ? 'lost' : 'failed';
    return database.write((tx) => engine.fail(tx, one, { state, error, exit_code, signal }));
  }
}

/** A step acts under its own name, as an operator of its project only, and as long as its attempt is under way. */
function actorOf({ step, attempt }: Held): Actor {
  return {
    kind: 'step',
    name: `step ${step.pipeline}/${step.node}`,
    role: null,
    projects: { [step.project]: 'operator' },
    urn: urn('step-run', step.id, attempt.attempt),
  };
}

/** Exactly the declared outputs, each of its kind. JSON values were checked by the step's own schema before they came. */
export function checkOutputs(
  node: Pick<GraphNode, 'id' | 'outputs'>,
  outputs: Record<string, unknown>,
): Record<string, unknown> {
  const unknown = Object.keys(outputs).find((name) => !(name in node.outputs));
  if (unknown !== undefined) throw bad(node, unknown, 'the step does not declare it');
  return Object.fromEntries(
    Object.entries(node.outputs).map(([name, port]) => [name, checkOutput(node, name, port, outputs[name])]),
  );
}

function checkOutput(node: Pick<GraphNode, 'id'>, name: string, port: PortType, value: unknown): unknown {
  if (value === undefined) throw bad(node, name, 'it is missing');
  if (port.kind === 'value') {
    const size = JSON.stringify(value).length;
    if (size > VALUE_LIMIT)
      throw bad(node, name, `its JSON has ${size} characters, more than ${VALUE_LIMIT}; make it a file()`);
    return value;
  }
  const schema = { file: FileRef, dataset: DatasetRef, model: ModelRef }[port.kind];
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw bad(node, name, `it is no ${port.kind}: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

const filesIn = (node: GraphNode, outputs: Record<string, unknown>): [string, FileRef][] =>
  Object.entries(outputs).filter(([name]) => node.outputs[name]?.kind === 'file') as [string, FileRef][];

const bad = (node: { id: string }, name: string, why: string): AppError =>
  invalid(
    `Output '${name}' of step '${node.id}' was not accepted: ${why}.`,
    PIPELINE_ERRORS.OUTPUT_INVALID.hint,
  );

const lost = (place: Place): AppError =>
  new AppError(
    PIPELINE_ERRORS.ATTEMPT_LOST,
    `Attempt ${place.attempt} of step run ${place.step_run} is not the one under way.`,
  );
