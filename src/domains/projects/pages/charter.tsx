import { CopyAs } from '../../../ui/copy-as.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { commandFor } from '../../../ui/command.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { projectsContract } from '../contract.ts';
import type { Charter as CharterOf, Project } from '../schema.ts';
import { baselineText, charterLead, costThreshold, METRIC_WORDS } from './charter-words.ts';
import { CharterHistory } from './charter-history.tsx';
import { Environments } from './environments.tsx';

/** What the model is for, what it must beat, and the way into production. */
export function Charter() {
  const { project, search, hrefWith } = usePlace();
  const answer = useEndpoint(projectsContract.getProject, { params: { project } });
  const data = answer.data;
  const tab = search.tab === 'history' ? 'history' : 'now';
  return (
    <PageFrame
      title={data?.charter?.question ?? data?.title ?? project}
      lead={data ? charterLead(data) : undefined}
      actions={
        data?.charter ? (
          <CopyAs
            label="Copy as rondo.yaml"
            formats={[{ label: 'rondo.yaml', text: JSON.stringify(fileOf(data), null, 2) }]}
          />
        ) : undefined
      }
      tabs={[
        { id: 'now', label: 'Charter', href: hrefWith({ tab: undefined }) },
        { id: 'history', label: 'History', href: hrefWith({ tab: 'history' }) },
      ]}
      tab={tab}
    >
      {tab === 'history' ? (
        <CharterHistory project={project} />
      ) : (
        <Panel
          state={panelState(answer, {
            rows: 8,
            empty: (of) => (of.charter ? undefined : <NoCharter project={project} />),
          })}
        >
          {data?.charter ? <Body project={project} charter={data.charter} /> : null}
        </Panel>
      )}
      {tab === 'now' && data ? (
        <Environments environments={data.environments} aliases={data.protected_aliases} />
      ) : null}
      {tab === 'now' && data ? (
        <p className="r-small">
          Revision {data.revision}, saved <When at={data.updated_at} clock="wall" />
        </p>
      ) : null}
    </PageFrame>
  );
}

/** Who set the numbers of the charter, and when. */
const charterHistory = (project: string) => ({
  label: 'the charter and its history',
  href: `${pageOf(project, 'charter')}?tab=history`,
});

function Body({ project, charter }: { project: string; charter: CharterOf }) {
  const people = Object.entries(charter.people);
  return (
    <Columns>
      <section className="r-panel">
        <h2 className="r-h2">The problem and the decision</h2>
        <p className="r-serif">{charter.problem || 'No problem is written down.'}</p>
        <Facts
          rows={[
            ['Decision', charter.decision || 'Not written down'],
            [
              'Side effect',
              charter.prediction_changes_outcome
                ? 'A prediction can change its own outcome: only a split of the traffic tests quality.'
                : 'A prediction does not change its outcome: candidates are compared on the same rows.',
            ],
            ...people.map(([role, who]) => [role, who] as const),
            [
              'Target level',
              charter.target_reason
                ? `${charter.target_level}. ${charter.target_reason}`
                : String(charter.target_level),
            ],
          ]}
        />
      </section>
      <section className="r-panel">
        <h2 className="r-h2">What it must beat</h2>
        <Facts
          rows={[
            ['Task', charter.task.replaceAll('_', ' ')],
            ['Label', <code className="r-code">{charter.label}</code>],
            ['Goal', `lower ${METRIC_WORDS[charter.goal.metric]}`],
            ['Baseline', baselineText(charter.baseline)],
            ['Margin', <Margin project={project} charter={charter} />],
            [
              'Costs',
              charter.costs
                ? `false alarm ${charter.costs.false_positive}, missed ${charter.costs.false_negative}`
                : undefined,
            ],
            ['Threshold', charter.costs ? <Threshold project={project} costs={charter.costs} /> : undefined],
            ['Slices', charter.slices.length > 0 ? charter.slices.join(', ') : undefined],
          ]}
        />
      </section>
    </Columns>
  );
}

function Margin({ project, charter }: { project: string; charter: CharterOf }) {
  const metric = METRIC_WORDS[charter.goal.metric];
  return (
    <Num
      kind="counted"
      value={charter.goal.margin}
      style="exact"
      unit={metric}
      proof={{
        definition: `A version goes on only when the whole interval of its gain in ${metric} over the baseline, on the same rows, is at least this. Set in the charter.`,
        rows: charterHistory(project),
      }}
    />
  );
}

function Threshold({ project, costs }: { project: string; costs: NonNullable<CharterOf['costs']> }) {
  return (
    <Num
      kind="counted"
      value={costThreshold(costs)}
      style="metric"
      proof={{
        definition: 'From this probability on, acting costs less on average than not acting.',
        rows: charterHistory(project),
        formula: `${costs.false_positive} / (${costs.false_positive} + ${costs.false_negative})`,
        method: 'Least expected cost: act when p × cost of a miss exceeds (1 − p) × cost of a false alarm.',
      }}
    />
  );
}

function NoCharter({ project }: { project: string }) {
  return (
    <Empty command={commandFor(project, 'projects apply rondo.yaml')}>
      Four questions come before a model. Would a simple rule do? What would somebody do differently because
      of the answer? What does each kind of mistake cost? How much better than the rule must a model be to be
      worth it? Write the answers into rondo.yaml.
    </Empty>
  );
}

const fileOf = (of: Project) => ({
  project: of.name,
  title: of.title,
  charter: of.charter,
  environments: of.environments,
  protected_aliases: of.protected_aliases,
});
