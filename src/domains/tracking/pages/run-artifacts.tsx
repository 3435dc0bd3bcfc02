import { ChevronDown, ChevronRight, File, Folder } from 'lucide-react';
import { useState } from 'react';
import { useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import { artifactsContract } from '../contract/artifacts.ts';
import { ArtifactPreview } from './artifact-preview.tsx';

interface Listed {
  path: string;
  is_dir: boolean;
  file_size?: number | undefined;
}

/** Files of a run: their tree, and a preview of the one that is chosen. */
export function RunArtifacts({ run }: { run: string }) {
  const { search } = usePlace();
  const [shown, setShown] = useState<Listed>();
  const path = search.path ?? '';
  const folder = path.split('/').slice(0, -1).join('/');
  // The address names a file: its folder says how large it is.
  const listed = useEndpoint(
    artifactsContract.listRunArtifacts,
    path && shown?.path !== path
      ? { query: { run_id: run, ...(folder ? { path: folder } : {}) } }
      : undefined,
  ).data?.files?.find((file) => file.path === path);
  const chosen = shown?.path === path ? shown : listed;
  return (
    <div className="r-files">
      <nav aria-label="Files of the run">
        <Level run={run} folder="" onShow={setShown} first />
      </nav>
      <div>
        {chosen && !chosen.is_dir ? (
          <ArtifactPreview file={{ run, path: chosen.path, bytes: chosen.file_size ?? 0 }} />
        ) : (
          <p className="r-small">Choose a file to look into it.</p>
        )}
      </div>
    </div>
  );
}

function Level({
  run,
  folder,
  onShow,
  first,
}: {
  run: string;
  folder: string;
  onShow: (file: Listed) => void;
  first?: boolean;
}) {
  const answer = useEndpoint(artifactsContract.listRunArtifacts, {
    query: { run_id: run, ...(folder ? { path: folder } : {}) },
  });
  if (answer.fault) return <Fault fault={answer.fault} onRetry={answer.retry} />;
  if (!answer.data) return <p className="r-small">Loading.</p>;
  const files = answer.data.files ?? [];
  if (files.length === 0) return first ? <p className="r-serif">The run left no file here.</p> : null;
  return (
    <ul className="r-tree">
      {files
        .toSorted((a, b) => Number(b.is_dir) - Number(a.is_dir) || (a.path < b.path ? -1 : 1))
        .map((file) =>
          file.is_dir ? (
            <Branch key={file.path} run={run} path={file.path} onShow={onShow} />
          ) : (
            <Leaf key={file.path} file={file} onShow={onShow} />
          ),
        )}
    </ul>
  );
}

const lastPart = (path: string) => path.split('/').at(-1) ?? path;

function Branch({ run, path, onShow }: { run: string; path: string; onShow: (file: Listed) => void }) {
  const { search } = usePlace();
  const [open, setOpen] = useState(() => (search.path ?? '').startsWith(`${path}/`));
  return (
    <li>
      <button
        type="button"
        className="r-plain r-tree-item"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {open ? <ChevronDown className="r-icon" /> : <ChevronRight className="r-icon" />}
        <Folder className="r-icon" />
        {lastPart(path)}
      </button>
      {open ? <Level run={run} folder={path} onShow={onShow} /> : null}
    </li>
  );
}

function Leaf({ file, onShow }: { file: Listed; onShow: (file: Listed) => void }) {
  const { search, setSearch } = usePlace();
  return (
    <li>
      <button
        type="button"
        className="r-plain r-tree-item"
        aria-current={search.path === file.path || undefined}
        onClick={() => {
          onShow(file);
          setSearch({ path: file.path });
        }}
      >
        <File className="r-icon" />
        {lastPart(file.path)}
        <span className="r-small r-tree-size">{formatNumber(file.file_size ?? 0, 'bytes')}</span>
      </button>
    </li>
  );
}
