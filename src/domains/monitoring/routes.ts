import { bind, type Bound } from '../../lib/contract/index.ts';
import { invalid } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { monitoringContract } from './contract.ts';
import type { MonitoringService } from './service.ts';

export const monitoringRoutes = (monitoring: MonitoringService): Bound<Actor>[] =>
  bind(monitoringContract, {
    listMonitors: async ({ params }) => ({ monitors: await monitoring.list(params.project) }),
    getMonitor: ({ params }) => monitoring.get(params.project, params.monitor),
    async applyMonitor({ actor, params, body }) {
      if (body.name !== params.monitor)
        throw invalid(
          `The address names '${params.monitor}', the body '${body.name}'.`,
          'Both must be the same.',
        );
      return monitoring.apply(actor, params.project, body);
    },
    muteMonitor: ({ actor, params, body }) => monitoring.mute(actor, params.project, params.monitor, body),
    unmuteMonitor: ({ actor, params }) => monitoring.unmute(actor, params.project, params.monitor),
    listAlerts: async ({ params }) => ({ alerts: await monitoring.alerts(params.project) }),
    markAlert: ({ actor, params, body }) => monitoring.mark(actor, params.project, params.id, body.alarm),
    async acknowledgeAlert({ actor, params }) {
      await monitoring.acknowledge(actor, params.project, params.id);
      return {};
    },
  });
