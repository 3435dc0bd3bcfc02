import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import { ALARMS, Alert, Monitor, MonitorSpec, MonitorWindow, MuteBody } from './schema.ts';

const inProject = z.object({ project: Name });
const params = z.object({ project: Name, monitor: Name });

export const monitoringContract = {
  listMonitors: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/monitors',
    summary: 'Monitors with their state',
    needs: 'view',
    params: inProject,
    response: z.object({ monitors: z.array(Monitor) }),
  }),
  getMonitor: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/monitors/:monitor',
    summary: 'One monitor, its windows (newest first) and alerts',
    needs: 'view',
    params,
    response: z.object({ monitor: Monitor, windows: z.array(MonitorWindow), alerts: z.array(Alert) }),
  }),
  applyMonitor: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project/monitors/:monitor',
    summary: 'Make or change a monitor',
    needs: 'edit',
    params,
    body: MonitorSpec,
    response: Monitor,
  }),
  muteMonitor: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/monitors/:monitor/mute',
    summary: 'Record alerts without telling anybody, until a moment and for a reason',
    needs: 'edit',
    params,
    body: MuteBody,
    response: Monitor,
  }),
  unmuteMonitor: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/monitors/:monitor/unmute',
    summary: 'Tell about alerts again',
    needs: 'edit',
    params,
    response: Monitor,
  }),
  listAlerts: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/alerts',
    summary: 'Alerts, newest first',
    needs: 'view',
    params: inProject,
    response: z.object({ alerts: z.array(Alert) }),
  }),
  markAlert: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project/alerts/:id/alarm',
    summary: 'Say whether there was something to do when it opened; null leaves that to the records',
    needs: 'edit',
    params: z.object({ project: Name, id: z.coerce.number().int().positive() }),
    body: z.object({ alarm: z.enum(ALARMS).nullable() }),
    response: Alert,
  }),
  acknowledgeAlert: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/alerts/:id/acknowledge',
    summary: 'Say that somebody looks after it',
    needs: 'edit',
    params: z.object({ project: Name, id: z.coerce.number().int().positive() }),
    response: z.object({}),
  }),
};
