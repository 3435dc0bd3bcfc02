import { Select } from '@mantine/core';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Action } from '../../../ui/action.tsx';
import { Id } from '../../../ui/id.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { datasetsContract } from '../contract.ts';
import { Checks } from './checks.tsx';
import { versionLead } from './dataset-words.ts';
import { ProfileTable } from './profile-table.tsx';
import { Sample } from './sample.tsx';
import { Versions } from './versions.tsx';

/** A dataset at one of its versions: profile beside the version before, checks, rows, history. */
export function Dataset() {
  const { project, params, search, hrefWith, go } = usePlace();
  const name = params.dataset ?? '';
  const all = useEndpoint(datasetsContract.listDatasetVersions, { params: { project, name } });
  const versions = all.data?.versions ?? [];
  const wanted = Number(params.version) || versions[0]?.version;
  const answer = useEndpoint(
    datasetsContract.getDatasetVersion,
    wanted === undefined ? undefined : { params: { project, name, version: wanted } },
  );
  const previous = versions.find((each) => wanted !== undefined && each.version < wanted)?.version;
  const before = useEndpoint(
    datasetsContract.getDatasetVersion,
    previous === undefined ? undefined : { params: { project, name, version: previous } },
  );
  const data = answer.data;
  const tab = search.tab ?? 'profile';
  const urn = `rondo:dataset-version:${project === 'default' ? '' : `${encodeURIComponent(project)}/`}${encodeURIComponent(name)}/${wanted}`;
  return (
    <PageFrame
      title={name}
      mark={
        <>
          {wanted === undefined ? null : <span className="r-small">v{wanted}</span>}
          {data ? <Id value={data.digest} length={12} /> : null}
        </>
      }
      lead={data ? versionLead(data) : undefined}
      actions={
        <>
          {versions.length > 1 ? (
            <Select
              aria-label="Version"
              data={versions.map((each) => ({ value: String(each.version), label: `v${each.version}` }))}
              value={String(wanted)}
              allowDeselect={false}
              w={110}
              onChange={(value) => value && go(pageOf(project, 'datasets', name, value))}
            />
          ) : null}
          <Action href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(urn)}`}>Lineage</Action>
        </>
      }
      tabs={[
        { id: 'profile', label: 'Profile', href: hrefWith({ tab: undefined }) },
        { id: 'checks', label: 'Checks', href: hrefWith({ tab: 'checks' }), count: data?.validation?.failed },
        { id: 'rows', label: 'Rows', href: hrefWith({ tab: 'rows' }) },
        { id: 'versions', label: 'Versions', href: hrefWith({ tab: 'versions' }) },
      ]}
      tab={tab}
      wide
    >
      {tab === 'versions' ? (
        <Panel state={panelState(all, { rows: 5 })}>
          <Versions project={project} name={name} versions={versions} />
        </Panel>
      ) : (
        <Panel
          state={
            all.data && versions.length === 0
              ? { kind: 'waiting', sentence: 'No version was imported yet.' }
              : all.data
                ? panelState(answer, { rows: 10 })
                : panelState(all, { rows: 10 })
          }
        >
          {data ? (
            tab === 'checks' ? (
              <Checks project={project} version={data} />
            ) : tab === 'rows' ? (
              <Sample project={project} name={name} version={data.version} />
            ) : (
              <ProfileTable version={data} before={before.data} />
            )
          ) : null}
        </Panel>
      )}
    </PageFrame>
  );
}
