import { Popover, TextInput } from '@mantine/core';
import { ChevronDown, ChevronRight, FlaskConical, Folder } from 'lucide-react';
import { useState } from 'react';
import type { Experiment } from '../schema.ts';
import { treeOf, type TreeNode } from './experiment-tree.ts';

export interface ExperimentPickerProps {
  experiments: readonly Experiment[];
  /** The id of one, or the path of a folder with a slash at its end; undefined is all. */
  chosen: string | undefined;
  label: string;
  onChoose: (chosen: string | undefined) => void;
}

/** Chooses an experiment, a folder of them, or all, from their tree. */
export function ExperimentPicker({ experiments, chosen, label, onChoose }: ExperimentPickerProps) {
  const [opened, setOpened] = useState(false);
  const [term, setTerm] = useState('');
  const found = experiments.filter((each) => each.name.toLowerCase().includes(term.toLowerCase()));
  const choose = (next: string | undefined) => {
    setOpened(false);
    setTerm('');
    onChoose(next);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={360} trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className="r-action"
          aria-label={`Experiment: ${label}`}
          onClick={() => setOpened(!opened)}
        >
          <FlaskConical className="r-icon" />
          {label}
          <ChevronDown className="r-icon" />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="r-picker">
          <TextInput
            aria-label="Find an experiment"
            placeholder="Find an experiment"
            value={term}
            data-autofocus
            onChange={(event) => setTerm(event.currentTarget.value)}
          />
          <ul className="r-tree r-picker-list">
            {term === '' ? (
              <li>
                <button
                  type="button"
                  className="r-plain r-tree-item"
                  aria-current={chosen === undefined || undefined}
                  onClick={() => choose(undefined)}
                >
                  All experiments
                </button>
              </li>
            ) : null}
            {term === ''
              ? treeOf(experiments, (each) => each.name).map((node) => (
                  <Branch key={node.path} node={node} chosen={chosen} onChoose={choose} />
                ))
              : found.slice(0, 200).map((each) => (
                  <li key={each.experiment_id}>
                    <button
                      type="button"
                      className="r-plain r-tree-item"
                      aria-current={each.experiment_id === chosen || undefined}
                      onClick={() => choose(each.experiment_id)}
                    >
                      {each.name}
                    </button>
                  </li>
                ))}
          </ul>
          {found.length === 0 ? <p className="r-small">No experiment is called like that.</p> : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Branch({
  node,
  chosen,
  onChoose,
}: {
  node: TreeNode<Experiment>;
  chosen: string | undefined;
  onChoose: (chosen: string | undefined) => void;
}) {
  const folder = node.children.length > 0;
  const [open, setOpen] = useState(true);
  const own = node.item ? node.item.experiment_id : `${node.path}/`;
  return (
    <li>
      <span className="r-tree-line">
        {folder ? (
          <button
            type="button"
            className="r-iconbutton"
            aria-expanded={open}
            aria-label={`Folder ${node.label}`}
            onClick={() => setOpen(!open)}
          >
            {open ? <ChevronDown className="r-icon" /> : <ChevronRight className="r-icon" />}
          </button>
        ) : null}
        <button
          type="button"
          className="r-plain r-tree-item"
          aria-current={own === chosen || undefined}
          onClick={() => onChoose(own)}
        >
          {folder && !node.item ? <Folder className="r-icon" /> : null}
          {node.label}
        </button>
        {folder && node.item ? (
          <button type="button" className="r-link" onClick={() => onChoose(`${node.path}/`)}>
            all in it
          </button>
        ) : null}
      </span>
      {folder && open ? (
        <ul className="r-tree">
          {node.children.map((child) => (
            <Branch key={child.path} node={child} chosen={chosen} onChoose={onChoose} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}
