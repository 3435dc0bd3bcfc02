import { Fragment } from 'react';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Ask, Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import { maturityContract } from '../contract.ts';
import type { Finding, Maturity as MaturityOf, MlTest } from '../schema.ts';
import { Attest } from './attest.tsx';
import { AXIS_WORDS, foundText, SECTION_PAGES } from './maturity-words.ts';

const WORDS: Readonly<Record<Finding['state'], StatusWord>> = {
  pass: 'Passed',
  partial: 'Warning',
  fail: 'Failed',
};

/** The level, the criteria it rests on with their records, and what to do next. */
export function Maturity() {
  const { project, search, hrefWith } = usePlace();
  const answer = useEndpoint(maturityContract.getMaturity, { params: { project } });
  const data = answer.data;
  const tab = search.tab ?? 'criteria';
  return (
    <PageFrame
      title="Maturity"
      lead={data?.lead.parts}
      tabs={[
        { id: 'criteria', label: 'Criteria', href: hrefWith({ tab: undefined }) },
        { id: 'score', label: 'ML Test Score', href: hrefWith({ tab: 'score' }) },
        { id: 'people', label: 'People', href: hrefWith({ tab: 'people' }) },
      ]}
      tab={tab}
      wide
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {data ? (
          tab === 'score' ? (
            <Score project={project} score={data.ml_test_score} />
          ) : tab === 'people' ? (
            <People project={project} people={data.people} />
          ) : (
            <Criteria project={project} maturity={data} />
          )
        ) : null}
      </Panel>
    </PageFrame>
  );
}

const levels = (axes: MaturityOf['axes']) =>
  Object.entries(axes) as [keyof MaturityOf['axes'], MaturityOf['axes'][keyof MaturityOf['axes']]][];

const levelProof = (project: string, definition: string, formula?: string) => ({
  definition,
  ...(formula === undefined ? {} : { formula }),
  clock: 'wall' as const,
  rows: { label: 'the criteria', href: pageOf(project, 'maturity') },
  query: `rondo maturity show --project ${project} --json`,
});

function Criteria({ project, maturity }: { project: string; maturity: MaturityOf }) {
  return (
    <div className="r-stack">
      <div>
        <p className="r-display">
          Level{' '}
          <Num
            kind="counted"
            value={maturity.level}
            proof={levelProof(
              project,
              'The least level of the machine-checked axes; a level counts only if all below it hold.',
              `min(${levels(maturity.axes)
                .map(([axis]) => AXIS_WORDS[axis])
                .join(', ')})`,
            )}
          />
          , {maturity.name}
        </p>
        <p className="r-prose">
          {levels(maturity.axes).map(([axis, level], index) => (
            <Fragment key={axis}>
              {index > 0 ? ', ' : ''}
              {AXIS_WORDS[axis]}{' '}
              <Num
                kind="counted"
                value={level.level}
                proof={levelProof(
                  project,
                  `The highest level of ${AXIS_WORDS[axis]} whose criteria, and all those below, hold by their records.`,
                  level.by_level.map((each) => `level ${each.level}: ${each.met} of ${each.of}`).join(', '),
                )}
              />
            </Fragment>
          ))}
          {maturity.target === null ? '' : `; the charter asks for level ${maturity.target}`}. Google&apos;s
          level{' '}
          <Num
            kind="counted"
            value={maturity.google.level}
            proof={levelProof(project, `By Google's scale of three levels: ${maturity.google.name}.`)}
          />
          , {maturity.google.name}.
        </p>
        <p className="r-small">
          Computed <When at={maturity.computed_at} clock="wall" />
          {maturity.history[0] ? (
            <>
              , at this level since <When at={maturity.history[0].since} clock="wall" />
            </>
          ) : null}
        </p>
      </div>
      {[4, 3, 2, 1].map((level) => {
        const criteria = maturity.criteria.filter((each) => each.level === level);
        return criteria.length === 0 ? null : (
          <Level key={level} project={project} level={level} criteria={criteria} />
        );
      })}
    </div>
  );
}

function Level({
  project,
  level,
  criteria,
}: {
  project: string;
  level: number;
  criteria: readonly Finding[];
}) {
  const met = criteria.filter((each) => each.state === 'pass').length;
  const columns: readonly DataColumn<Finding>[] = [
    { id: 'title', head: 'criterion', value: (each) => each.title, width: 340, grow: true, narrow: 'name' },
    {
      id: 'state',
      head: 'state',
      value: (each) => each.state,
      cell: (each) => <Status word={WORDS[each.state]} still />,
      width: 110,
      narrow: 'end',
    },
    { id: 'axis', head: 'axis', value: (each) => AXIS_WORDS[each.axis], width: 160 },
    {
      id: 'found',
      head: 'found, needed',
      value: foundText,
      cell: (each) => <Found finding={each} project={project} />,
      width: 150,
    },
    { id: 'window', head: 'window', value: (each) => `${each.window_days} d`, width: 70, narrow: 'none' },
    {
      id: 'query',
      head: 'counted as',
      value: (each) => each.query,
      width: 260,
      hidden: true,
      narrow: 'none',
    },
    {
      id: 'proof',
      head: 'proof',
      value: (each) => each.proofs.length,
      cell: (each) =>
        each.proofs[0] ? (
          <a href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(each.proofs[0])}`}>
            {each.proofs.length === 1 ? '1 record' : `${each.proofs.length} records`}
          </a>
        ) : null,
      width: 90,
      narrow: 'none',
    },
    {
      id: 'next',
      head: 'next step',
      value: (each) => (each.state === 'pass' ? null : each.next.text),
      cell: (each) =>
        each.state === 'pass' ? null : (
          <a href={pageOf(project, SECTION_PAGES[each.next.section])}>{each.next.text}</a>
        ),
      width: 190,
      grow: true,
    },
  ];
  return (
    <section className="r-panel">
      <h2 className="r-h2">
        Level {level} <span className="r-small">{`${met} of ${criteria.length} hold`}</span>
      </h2>
      <DataTable
        label={`Criteria of level ${level}`}
        rows={criteria}
        columns={columns}
        rowId={(each) => each.id}
        fixedColumns
      />
    </section>
  );
}

/** What was found beside what is needed; it opens the query that counted it. */
function Found({ finding, project }: { finding: Finding; project: string }) {
  return (
    <Ask
      asked={{
        kind: 'counted',
        value: finding.found,
        proof: {
          definition: finding.query,
          ...(finding.total === null ? {} : { n: finding.total }),
          window: `the last ${finding.window_days} days`,
          clock: 'wall',
          query: `rondo maturity show --project ${project} --json`,
          ...(finding.proofs[0] === undefined
            ? {}
            : {
                rows: {
                  label: 'the newest record',
                  href: `${pageOf(project, 'lineage')}?of=${encodeURIComponent(finding.proofs[0])}`,
                },
              }),
        },
      }}
    >
      {foundText(finding)}
    </Ask>
  );
}

function Score({ project, score }: { project: string; score: MaturityOf['ml_test_score'] }) {
  const columns: readonly DataColumn<MlTest>[] = [
    { id: 'text', head: 'test', value: (each) => each.text, width: 420, grow: true, narrow: 'name' },
    { id: 'section', head: 'section', value: (each) => each.section, width: 120 },
    {
      id: 'points',
      head: 'points',
      value: (each) => each.points,
      style: 'exact',
      proof: (each) => ({
        proof: {
          definition:
            'Half a point when a record shows the test was done, one when it is done by itself again and again.',
          ...(each.proof === null ? {} : { method: each.proof }),
          n: each.proofs.length,
        },
      }),
      width: 80,
      narrow: 'end',
    },
    {
      id: 'proof',
      head: 'proof',
      value: (each) => each.proof ?? 'no record can prove it',
      width: 340,
      grow: true,
      narrow: 'none',
    },
  ];
  return (
    <div className="r-stack">
      <div>
        <p className="r-display">
          ML Test Score{' '}
          <Num
            kind="counted"
            value={score.score}
            style="exact"
            proof={levelProof(
              project,
              'The least of the points of the four sections of the ML Test Score (Breck et al. 2017).',
              `min(${score.sections.map((each) => `${each.section} ${each.points}`).join(', ')})`,
            )}
          />
        </p>
        <p className="r-prose">
          {score.meaning} It is the least of{' '}
          {score.sections.map((each, index) => (
            <Fragment key={each.section}>
              {index > 0 ? ', ' : ''}
              {each.section}{' '}
              <Num
                kind="counted"
                value={each.points}
                style="exact"
                proof={levelProof(
                  project,
                  `Points of the tests of the section ${each.section}: half when a record shows that it was done, one when it is done again and again.`,
                )}
              />
            </Fragment>
          ))}
          .
        </p>
      </div>
      <DataTable
        label="Tests"
        rows={score.tests}
        columns={columns}
        rowId={(each) => each.id}
        source={() => ({ rows: { label: 'the criteria', href: pageOf(project, 'maturity') } })}
        fixedColumns
        maxHeight={1200}
      />
    </div>
  );
}

function People({ project, people }: { project: string; people: MaturityOf['people'] }) {
  return (
    <div className="r-stack">
      <p className="r-serif">
        How people work together is attested by a person and never counted into the level.
      </p>
      <ul className="r-list">
        {people.criteria.map((each) => (
          <li key={each.id} className="r-wrap">
            <Status word={each.holds ? 'Passed' : each.attestation ? 'Stale' : 'No data'} still />
            <span>
              Level {each.level}: {each.title}
            </span>
            {each.attestation ? (
              <span className="r-small">
                {each.attestation.by}, on <When at={each.attestation.attested_at} clock="wall" />:{' '}
                {each.attestation.statement}, until <When at={each.attestation.expires_at} clock="wall" />
              </span>
            ) : (
              <span className="r-small">nobody has attested it</span>
            )}
            <span className="r-spring" />
            <Attest project={project} criterion={each} />
          </li>
        ))}
      </ul>
    </div>
  );
}
