import { digestOfRuns } from '../../domains/tracking/import-digest.ts';
import type { Outcome, RunDigest } from '../../domains/tracking/schema/import.ts';
import { formatBytes } from '../../lib/format.ts';
import { textTable } from '../../lib/table.ts';
import type { Lost } from './source.ts';

export const KINDS = [
  'experiments',
  'runs',
  'points',
  'files',
  'bytes',
  'logged models',
  'traces',
  'registered models',
  'versions',
  'aliases',
] as const;
export type Kind = (typeof KINDS)[number];

export interface Counts {
  found: number;
  imported: number;
  present: number;
  left_out: number;
}

/** Digests of the runs of one experiment at the source and here. */
export interface Comparison {
  experiment: string;
  runs: number;
  source: string;
  here: string;
  equal: boolean;
  /** Runs that differ, and in what. */
  differing: { run_id: string; in: string[] }[];
}

export interface Report {
  source: string;
  /** Where it goes. */
  project: string;
  dry_run: boolean;
  complete: boolean;
  counts: Record<string, Counts>;
  /** Experiments whose number was taken here. */
  renumbered: { name: string; id: string; experiment_id: string }[];
  left_out: Lost[];
  left_out_more: number;
  notes: Lost[];
  digests: Comparison[];
  seconds: number;
}

const MOST_LISTED = 1000;

/** Counts what an import finds and does, and what it has to leave out. */
export class Tally {
  readonly counts = new Map<Kind, Counts>(
    KINDS.map((kind) => [kind, { found: 0, imported: 0, present: 0, left_out: 0 }]),
  );
  readonly renumbered: Report['renumbered'] = [];
  readonly lost: Lost[] = [];
  readonly notes: Lost[] = [];
  #more = 0;
  readonly #began = Date.now();

  add(kind: Kind, what: keyof Counts, amount = 1): void {
    (this.counts.get(kind) as Counts)[what] += amount;
  }

  /** What became of something that was found. */
  outcome(kind: Kind, { id, outcome, why }: Outcome): void {
    this.add(kind, 'found');
    if (outcome === 'refused') {
      this.add(kind, 'left_out');
      this.lose({ kind, id, why: why ?? '' });
      return;
    }
    this.add(kind, outcome === 'present' ? 'present' : 'imported');
    if (why && this.notes.length < MOST_LISTED) this.notes.push({ kind, id, why });
  }

  /** Names what is left out and counted elsewhere. */
  lose(lost: Lost): void {
    if (this.lost.length < MOST_LISTED) this.lost.push(lost);
    else this.#more++;
  }

  /** Names what was found and is left out; of points and the like, counts them. */
  leaveOut(lost: Lost): void {
    const counts = this.counts.get(lost.kind as Kind);
    if (counts) {
      counts.found += lost.count ?? 1;
      counts.left_out += lost.count ?? 1;
    }
    this.lose(lost);
  }

  line(): string {
    const done = (kind: Kind) => {
      const { imported, present } = this.counts.get(kind) as Counts;
      return imported + present;
    };
    const seconds = Math.max(1, (Date.now() - this.#began) / 1000);
    const points = done('points');
    return [
      `${done('runs').toLocaleString('en')} runs`,
      `${points.toLocaleString('en')} points (${Math.round(points / seconds).toLocaleString('en')}/s)`,
      `${done('files').toLocaleString('en')} files of ${formatBytes(done('bytes'))}`,
    ].join(', ');
  }

  report(
    source: string,
    project: string,
    dry_run: boolean,
    complete: boolean,
    digests: Comparison[],
  ): Report {
    return {
      source,
      project,
      dry_run,
      complete,
      counts: Object.fromEntries(this.counts),
      renumbered: this.renumbered,
      left_out: this.lost,
      left_out_more: this.#more,
      notes: this.notes,
      digests,
      seconds: Math.round((Date.now() - this.#began) / 100) / 10,
    };
  }
}

/** What a run should be: its digest, and those of its parts. */
export type WantedRun = Pick<RunDigest, 'digest' | 'params' | 'tags'>;

/** The digests of one experiment beside each other. A run that is not here differs in everything. */
export function compareRuns(
  experiment: string,
  wanted: ReadonlyMap<string, WantedRun>,
  here: ReadonlyMap<string, RunDigest>,
): Comparison {
  const source = digestOfRuns([...wanted].map(([id, { digest }]) => [id, digest]));
  const found = digestOfRuns([...wanted.keys()].map((id) => [id, here.get(id)?.digest ?? '']));
  const differing = [...wanted].flatMap(([run_id, want]) => {
    const got = here.get(run_id);
    if (!got) return [{ run_id, in: ['everything'] }];
    return got.digest === want.digest ? [] : [{ run_id, in: partsOf(want, got) }];
  });
  return {
    experiment,
    runs: wanted.size,
    source,
    here: found,
    equal: source === found,
    differing: differing.slice(0, MOST_LISTED),
  };
}

function partsOf(want: WantedRun, got: RunDigest): string[] {
  const params = want.params === got.params ? [] : ['params'];
  const tags = want.tags === got.tags ? [] : ['tags'];
  return params.length + tags.length > 0 ? [...params, ...tags] : ['metrics'];
}

/** The report for people. */
export function reportText(report: Report, file: string | undefined): string {
  const rows = Object.entries(report.counts)
    .filter(([, counts]) => counts.found > 0)
    .map(([kind, { found, imported, present, left_out }]) => [kind, found, imported, present, left_out]);
  const lines = [
    textTable(
      ['KIND', 'FOUND', report.dry_run ? 'TO IMPORT' : 'IMPORTED', 'THERE BEFORE', 'LEFT OUT'],
      rows,
    ) || 'Nothing was found.',
  ];
  for (const { name, id, experiment_id } of report.renumbered)
    lines.push(`Experiment '${name}' has the id ${experiment_id} here; there it is ${id}.`);
  const shown = report.left_out.slice(0, 20);
  if (shown.length > 0) lines.push('', 'Left out:');
  for (const { kind, id, key, why, count } of shown)
    lines.push(
      `  ${[kind, id, key].filter(Boolean).join(' ')}${count === undefined ? '' : ` (${count})`}: ${why}`,
    );
  const more = report.left_out.length - shown.length + report.left_out_more;
  if (more > 0) lines.push(`  … and ${more} more`);
  for (const { kind, id, why } of report.notes.slice(0, 20)) lines.push(`Note: ${kind} ${id}: ${why}`);
  const differing = report.digests.filter(({ equal }) => !equal);
  const runs = report.digests.reduce((sum, one) => sum + one.runs, 0);
  if (!report.dry_run && report.digests.length > 0) {
    lines.push('');
    if (differing.length === 0)
      lines.push(
        `Params, tags and points of ${runs} runs were read back: they are the same as at the source.`,
      );
    for (const { experiment, differing: which } of differing)
      for (const { run_id, in: parts } of which.slice(0, 20))
        lines.push(`Run ${run_id} of '${experiment}' differs from the source: ${parts.join(', ')}.`);
  }
  if (!report.complete) lines.push('', 'It was stopped: the same command goes on from here.');
  if (file !== undefined) lines.push('', `The whole report: ${file}`);
  return lines.join('\n');
}
