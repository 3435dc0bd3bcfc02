/** One request of the corpus: a label that is unique in its scenario, `METHOD path`, and what it carries. */
export type Step = readonly [label: string, line: string, given?: Given, options?: StepOptions];

/** The query of a GET, the JSON body of everything else; a text is sent as it is. */
export type Given = Readonly<Record<string, unknown>> | string | readonly unknown[] | null;

export interface StepOptions {
  /** Names for values of the answer, by their path; later requests write `{{name}}`. */
  save?: Readonly<Record<string, string>>;
  type?: string;
  /** Sent in the query although the method has a body. */
  query?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
}

/** Requests that build on each other. Scenarios share one server, so their names of experiments and models differ. */
export interface Scenario {
  name: string;
  steps: readonly Step[];
}

/** The address of a step: absolute when it begins with a slash, below MLflow's API when not. */
export const addressOf = (path: string): string => (path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`);
