import type { ServiceRecord, ViewRecord } from './schema.ts';

/** `service` in the form of the gateway's route: MLflow's column types, views with their ttl and delay. */
export function routeOf(service: ServiceRecord, views: readonly ViewRecord[]): object {
  const types = {
    int: 'long',
    double: 'double',
    string: 'string',
    bool: 'boolean',
    timestamp: 'datetime',
  } as const;
  return {
    name: service.name,
    version: service.version,
    request: service.request.map(({ name, type }) => ({ name, type: types[type] })),
    event_time_column: service.event_time_column,
    transforms: service.transforms,
    joins: service.joins.map(({ key, ...join }) => {
      const view = views.find(({ name, version }) => name === join.view && version === join.view_version);
      if (!view) throw new Error(`The view ${join.view} version ${join.view_version} was not given.`);
      return { ...join, entity: key, ttl_ms: view.ttl_ms, delay_ms: view.delay_ms };
    }),
  };
}
