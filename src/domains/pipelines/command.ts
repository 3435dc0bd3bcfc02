import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { invalid, notFound } from '../../lib/errors.ts';
import { duration, textTable } from '../../lib/table.ts';
import { pipelinesContract } from './contract.ts';
import { propertiesOf } from './schema/check.ts';
import type { CodeRecord, Graph } from './schema/graph.ts';
import type { RunDetail, StepRunItem } from './schema/runs.ts';

/** What reading a pipeline file on this machine gives. */
export interface ReadFile {
  graphs: Graph[];
  code: CodeRecord;
  bundle: string;
  diff: Uint8Array<ArrayBuffer> | null;
}

const POLL_MS = 500;
/** A wait is never silent for longer. */
const STILL_MS = 2000;

export function pipelinesCommand(
  program: Command,
  context: CommandContext,
  readFile: (path: string) => Promise<ReadFile>,
): void {
  const noun = program.command('pipelines').description('Typed steps that run in order, with a cache');

  noun
    .command('apply <file>')
    .description('Read a pipeline file and make its next version')
    .action(async (file: string) => {
      const { graphs, code, bundle, diff } = await readFile(file);
      const client = context.client(pipelinesContract);
      const project = context.project();
      await client.uploadPipelineCode({ params: { project } }, { stream: bundle });
      const record = { ...code };
      if (diff !== null)
        record.dirty_diff = (
          await client.uploadPipelineCode({ params: { project } }, { stream: diff })
        ).digest;
      const applied = [];
      for (const graph of graphs)
        applied.push(await client.applyPipeline({ params: { project }, body: { graph, code: record } }));
      const lines = applied.map(({ name, version, changed }) =>
        changed ? `${name} is now version ${version}.` : `${name} is unchanged at version ${version}.`,
      );
      context.print(applied, lines.join('\n'));
    });

  noun
    .command('run <name>')
    .description('Start a run')
    .option('-p, --param <key=value>', 'a parameter; may be repeated', collect, [])
    .option('--wait', 'show progress and end with the run')
    .option('--no-cache', 'run every step, and do not offer the results for reuse')
    .option('--refresh <step>', 'run this step although a result exists; may be repeated', collect, [])
    .action(async (name: string, options: RunOptions) => {
      const client = context.client(pipelinesContract);
      const project = context.project();
      const { graph } = await client.getPipeline({ params: { project, name } });
      const params = paramsOf(graph, options.param);
      const body = {
        params,
        refresh: options.refresh,
        cache: options.cache ? ('use' as const) : ('off' as const),
      };
      const run = await client.runPipeline({ params: { project, name }, body });
      if (!options.wait) {
        context.print(run, `${name} #${run.number} started: ${run.id}`);
        return;
      }
      const ended = await wait(context, run.id);
      context.print(ended, summaryOf(ended));
      if (ended.state !== 'done') context.fail();
    });

  noun
    .command('list')
    .description('Pipelines with their last run')
    .action(async () => {
      const { pipelines } = await context.client(pipelinesContract).listPipelines({
        params: { project: context.project() },
      });
      const rows = pipelines.map(({ name, version, recent }) => {
        const [last] = recent;
        const took = last?.ended_at == null ? '' : duration(last.ended_at - last.created_at);
        return [name, version, last ? `#${last.number} ${last.state}` : 'never ran', took];
      });
      const table = textTable(['PIPELINE', 'VERSION', 'LAST RUN', 'TOOK'], rows);
      context.print(pipelines, table || 'No pipelines yet: rondo pipelines apply FILE makes the first.');
    });

  noun
    .command('logs <run> [step]')
    .description('What a run printed: of one step, or of the one that failed')
    .option('--attempt <number>', 'an earlier attempt')
    .action(async (id: string, wanted: string | undefined, options: { attempt?: string }) => {
      const run = await findRun(context, id);
      const step = stepFor(run, wanted);
      const lines = await readLog(context, step.id, options.attempt);
      context.print(
        lines,
        lines
          .map((chunk) => chunk.text)
          .join('')
          .trimEnd(),
      );
    });
}

interface RunOptions {
  param: string[];
  refresh: string[];
  wait?: boolean;
  cache: boolean;
}

const collect = (value: string, list: string[]): string[] => [...list, value];

/** `key=value` pairs, each value read as the type that the pipeline declares. */
function paramsOf(graph: Graph, pairs: string[]): Record<string, unknown> {
  const properties = propertiesOf(graph.params);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw invalid(`'${pair}' is no parameter.`, 'Write -p key=value.');
      const [key, text] = [pair.slice(0, at), pair.slice(at + 1)];
      if (properties[key]?.type === 'string') return [key, text];
      try {
        return [key, JSON.parse(text) as unknown];
      } catch {
        return [key, text];
      }
    }),
  );
}

/** Shows each change of each step, and at least every two seconds that it goes on. */
async function wait(context: CommandContext, id: string): Promise<RunDetail> {
  const client = context.client(pipelinesContract);
  const shown = new Map<string, string>();
  let spoke = Date.now();
  for (;;) {
    const run = await client.getPipelineRun({ params: { project: context.project(), run: id } });
    for (const step of run.steps) {
      const text = stateOf(step);
      if (step.state === 'waiting' || shown.get(step.id) === text) continue;
      shown.set(step.id, text);
      context.progress(`${step.node}: ${text}`);
      spoke = Date.now();
    }
    if (run.state !== 'running') return run;
    if (Date.now() - spoke >= STILL_MS - POLL_MS) {
      const active = run.steps.filter((step) => step.state === 'running').map((step) => step.node);
      const at = active.length > 0 ? `running ${active.join(', ')}` : 'waiting for a free place';
      context.progress(`${at}, ${duration(Date.now() - run.created_at)} since the start`);
      spoke = Date.now();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function stateOf(step: StepRunItem): string {
  const took = step.started_at && step.ended_at ? ` in ${duration(step.ended_at - step.started_at)}` : '';
  if (step.state === 'running') {
    const part = step.progress === null ? '' : ` ${Math.round(step.progress * 100)}%`;
    return `running${part}${step.progress_text ? ` ${step.progress_text}` : ''}`;
  }
  if (step.state === 'done') return `done${took}`;
  const why = step.why?.split('\n')[0];
  return `${step.state}${took}${why ? `: ${why}` : ''}`;
}

function summaryOf(run: RunDetail): string {
  const took = run.ended_at === null ? '' : ` in ${duration(run.ended_at - run.created_at)}`;
  const counts = Object.entries(run.counts).map(([state, count]) => `${count} ${state}`);
  const head = `${run.pipeline} #${run.number} ${run.state}${took}: ${counts.join(', ')}.`;
  return run.error ? `${head}\n${run.error}\nrondo pipelines logs ${run.id} shows what it printed.` : head;
}

/** A run by its id, or by `name#number`. */
async function findRun(context: CommandContext, text: string): Promise<RunDetail> {
  const client = context.client(pipelinesContract);
  const project = context.project();
  const [, pipeline, number] = /^(.+)#(\d+)$/.exec(text) ?? [];
  let id = text;
  if (pipeline !== undefined) {
    const { runs } = await client.listPipelineRuns({ params: { project }, query: { pipeline, limit: 500 } });
    const found = runs.find((run) => run.number === Number(number));
    if (!found) throw notFound(`Run ${number} of pipeline '${pipeline}'`);
    id = found.id;
  }
  return client.getPipelineRun({ params: { project, run: id } });
}

function stepFor(run: RunDetail, wanted: string | undefined): StepRunItem {
  const step =
    wanted === undefined
      ? (run.steps.find((one) => one.state === 'failed') ?? run.steps.findLast((one) => one.attempt > 0))
      : run.steps.find((one) => one.node === wanted);
  if (step) return step;
  const names = run.steps.map((one) => one.node).join(', ');
  throw notFound(`Step '${wanted ?? ''}' of ${run.pipeline} #${run.number}`, `Its steps are ${names}.`);
}

async function readLog(context: CommandContext, step_run: string, attempt: string | undefined) {
  const client = context.client(pipelinesContract);
  const params = { project: context.project(), step_run };
  const all = [];
  for (let from = 0; ; ) {
    const query = { from, ...(attempt === undefined ? {} : { attempt }) };
    const page = await client.readStepLog({ params, query });
    all.push(...page.chunks);
    if (page.next === from) return all;
    from = page.next;
  }
}
