import { commandFor } from '../../ui/command.ts';
import { CopyAs } from '../../ui/copy-as.tsx';
import { Status } from '../../ui/status.tsx';
import type { LoopFacts } from './facts.ts';

/** Five steps to the first turn; each ticks itself off when the server has seen it. */
export function FirstSteps({ facts }: { facts: LoopFacts }) {
  const { name } = facts.project;
  const steps = [
    {
      done: facts.project.charter !== null,
      text: 'Say what the model is for',
      command: 'projects apply rondo.yaml',
    },
    { done: facts.datasets.length > 0, text: 'Bring data', command: 'datasets import NAME FILE' },
    {
      done: facts.pipelineRuns.length > 0,
      text: 'Train in a pipeline',
      command: 'pipelines apply pipeline.ts',
    },
    {
      done: facts.endpoints.length > 0,
      text: 'Let a version answer',
      command: 'endpoints deploy NAME-dev --model models:/NAME/1',
    },
    { done: facts.monitors.length > 0, text: 'Watch it', command: 'monitors apply monitors.yaml' },
  ];
  return (
    <section className="r-panel">
      <h2 className="r-h2">Nothing has gone round yet</h2>
      <ol className="r-list">
        {steps.map((step) => (
          <li key={step.text} className="r-row">
            <Status word={step.done ? 'Done' : 'Queued'} glyphOnly />
            <span>{step.text}</span>
            <span className="r-spring" />
            {step.done ? null : (
              <CopyAs
                label={`rondo ${step.command.split(' ').slice(0, 2).join(' ')}`}
                formats={[{ label: 'command', text: commandFor(name, step.command) }]}
              />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
