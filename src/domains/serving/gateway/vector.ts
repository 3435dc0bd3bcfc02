import { AppError, ERRORS } from '../../../lib/errors.ts';
import { compileExpression, type ColumnType as ExpressionType } from '../../../lib/expressions/index.ts';
import { type Column, compileColumn, type Value } from '../../../runtimes/signature.ts';
import type { OnlineStore } from '../../features/gateway/index.ts';
import type { DeploymentRoute, FeatureJoin } from '../schema/route.ts';

/** Turns one checked request row into the model's vector. */
export interface VectorPlan {
  /** The request row is the vector: same columns, same order. */
  identity: boolean;
  /** Place of the event time in a request row, −1 without. */
  eventTimeAt: number;
  /** `cells[at…]` is the request row. Throws 422 naming what is missing or unusable. */
  build(cells: readonly Value[], at: number, eventTime: number): Value[];
}

/** The online rows of a view of the endpoint's project. */
export type ReadView = (view: string, version: number) => ReturnType<OnlineStore['view']>;

const EXPRESSION_TYPES: Record<Column['type'], ExpressionType> = {
  boolean: 'bool',
  integer: 'int',
  long: 'int',
  float: 'double',
  double: 'double',
  string: 'string',
  datetime: 'timestamp',
};

/** What a row offers by name while its vector is built. */
type Scope = Record<string, unknown>;

const unprocessable = (message: string, hint?: string) =>
  new AppError(ERRORS.UNPROCESSABLE, message, { hint });

/** Compiles how a deployment reads a request of `columns`; throws 422 when a name is missing, doubled or of a type that never fits. */
export function compileVector(
  columns: readonly Column[],
  route: DeploymentRoute,
  read: ReadView,
): VectorPlan {
  const inputs = route.signature.inputs;
  const service = route.feature_service;
  const places = new Map(columns.map((column, i) => [column.name, i]));
  for (const column of service?.request ?? []) {
    if (!places.has(column.name))
      throw unprocessable(
        `Feature service ${service?.name} reads "${column.name}", which requests do not have.`,
      );
  }
  const timeName = service?.event_time_column;
  const eventTimeAt = timeName === undefined || timeName === null ? -1 : (places.get(timeName) ?? -1);
  if (!service) return direct(columns, inputs, places);
  if (timeName && columns[eventTimeAt]?.type !== 'datetime' && columns[eventTimeAt]?.type !== 'long') {
    throw unprocessable(`The event time column "${timeName}" is not a datetime.`);
  }
  const steps = compileSteps(columns, route, read);
  const checks = inputs.map(compileColumn);
  const known = new Set([...places.keys(), ...steps.names]);
  for (const input of inputs) {
    if (!known.has(input.name)) {
      throw unprocessable(
        `The model reads "${input.name}", which neither the request nor feature service ${service.name} provides.`,
        'Name the feature (or its "as") like the column of the signature.',
      );
    }
  }
  return {
    identity: false,
    eventTimeAt,
    build(cells, at, eventTime) {
      const scope: Scope = Object.create(null) as Scope;
      for (let i = 0; i < columns.length; i++) scope[(columns[i] as Column).name] = cells[at + i];
      for (const step of steps.run) step(scope, eventTime);
      return inputs.map((input, i) =>
        accept(input, (checks[i] as ReturnType<typeof compileColumn>)(scope[input.name]), scope[input.name]),
      );
    },
  };
}

function direct(
  columns: readonly Column[],
  inputs: readonly Column[],
  places: ReadonlyMap<string, number>,
): VectorPlan {
  const from = inputs.map((input) => {
    const place = places.get(input.name);
    if (place === undefined)
      throw unprocessable(
        `The model reads "${input.name}", which requests do not have.`,
        'Deploy it with a feature service that provides it.',
      );
    const column = columns[place] as Column;
    if (
      (column.type === 'string') !== (input.type === 'string') ||
      (column.type === 'boolean') !== (input.type === 'boolean')
    ) {
      throw unprocessable(
        `Requests send "${input.name}" as ${column.type}, the model reads it as ${input.type}.`,
      );
    }
    const same = column.type === input.type && (column.required !== false || input.required === false);
    return { place, check: same ? undefined : compileColumn(input), input };
  });
  const identity =
    from.length === columns.length && from.every(({ place, check }, i) => place === i && !check);
  return {
    identity,
    eventTimeAt: -1,
    build(cells, at) {
      return from.map(({ place, check, input }) => {
        const cell = cells[at + place] as Value;
        return check ? accept(input, check(cell), cell) : cell;
      });
    },
  };
}

function accept(input: Column, checked: Value | undefined, given: unknown): Value {
  if (checked !== undefined) return checked;
  if (given === null || given === undefined) {
    throw unprocessable(
      `The model needs "${input.name}", and there is no value for it.`,
      'Push the feature for this entity, or train the model with the column as not required.',
    );
  }
  throw unprocessable(
    `"${input.name}" came out as ${String(given).slice(0, 60)}, the model reads ${input.type}.`,
  );
}

type Step = (scope: Scope, eventTime: number) => void;

function compileSteps(
  columns: readonly Column[],
  route: DeploymentRoute,
  read: ReadView,
): { run: Step[]; names: string[] } {
  const service = route.feature_service as NonNullable<DeploymentRoute['feature_service']>;
  const types: Record<string, ExpressionType> = Object.create(null) as Record<string, ExpressionType>;
  for (const column of columns) types[column.name] = EXPRESSION_TYPES[column.type];
  const run: Step[] = [];
  const names: string[] = [];
  const add = (name: string) => {
    if (Object.hasOwn(types, name) || names.includes(name))
      throw unprocessable(`Feature service ${service.name} names "${name}" twice.`);
    names.push(name);
  };
  for (const transform of service.transforms) {
    const compiled = compileExpression(transform.expression, { ...types });
    add(transform.name);
    types[transform.name] = compiled.type;
    run.push((scope) => {
      scope[transform.name] = compiled.run(scope);
    });
  }
  for (const join of service.joins) {
    const { entity } = join;
    if ('column' in entity && !Object.hasOwn(types, entity.column)) {
      throw unprocessable(
        `The key of feature view ${join.view} is "${entity.column}", which is no column of the request.`,
      );
    }
    for (const feature of join.features) add(feature.as);
    if (join.age_as) add(join.age_as);
    run.push(compileJoin(join, read));
  }
  return { run, names };
}

const MINUTE = 60_000;

/** Reads the newest row at event time − delay; older than the ttl, or absent, every feature of it is null. */
function compileJoin(join: FeatureJoin, read: ReadView): Step {
  const ttl = join.ttl_ms ?? Infinity;
  let known: { features: readonly string[]; at: number[] } | undefined;
  return (scope, eventTime) => {
    for (const { as } of join.features) scope[as] = null;
    if (join.age_as) scope[join.age_as] = null;
    const view = read(join.view, join.view_version);
    const key = 'constant' in join.entity ? join.entity.constant : scope[join.entity.column];
    if (!view || key === null || key === undefined) return;
    const row = view.find(String(key), eventTime - join.delay_ms);
    if (row < 0) return;
    const age = eventTime - view.eventTime(row);
    if (age > ttl) return;
    if (known?.features !== view.features) {
      known = {
        features: view.features,
        at: join.features.map(({ feature }) => view.features.indexOf(feature)),
      };
    }
    for (let i = 0; i < join.features.length; i++) {
      const at = known.at[i] as number;
      const value = at < 0 ? Number.NaN : view.value(row, at);
      scope[(join.features[i] as { as: string }).as] = Number.isNaN(value) ? null : value;
    }
    if (join.age_as) scope[join.age_as] = age / MINUTE;
  };
}
