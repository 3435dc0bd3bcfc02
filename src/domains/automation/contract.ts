import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name } from '../projects/schema.ts';
import { Backtest, DryRun, Firing, FiringState, FiringSummary, RuleView } from './schema/firing.ts';
import { Rule, RuleFile } from './schema/rule.ts';

const project = z.object({ project: Name });
const params = z.object({ project: Name, rule: Name });

/** Epoch ms, or an ISO 8601 date or time (UTC when it names no zone). */
const Time = z.union([
  z.number().int(),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  z.iso.date().transform((text) => Date.parse(`${text}T00:00:00Z`)),
]);

export const automationContract = {
  listRules: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/rules',
    summary: 'Rules of a project with what they did lately',
    needs: 'view',
    params: project,
    response: z.object({ rules: z.array(RuleView) }),
  }),
  applyRules: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project/rules',
    summary: 'Make these rules what the file says; prune removes the others that came by file',
    needs: 'operate',
    params: project,
    query: z.object({ prune: z.enum(['true', 'false']).default('false') }),
    body: RuleFile,
    response: z.object({ rules: z.array(RuleView) }),
  }),
  getRule: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/rules/:rule',
    summary: 'One rule',
    needs: 'view',
    params,
    response: RuleView,
  }),
  applyRule: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project/rules/:rule',
    summary: 'Make one rule what is given',
    needs: 'operate',
    params,
    body: Rule,
    response: RuleView,
  }),
  removeRule: endpoint({
    method: 'DELETE',
    path: '/api/v1/projects/:project/rules/:rule',
    summary: 'Remove a rule; its firings stay',
    needs: 'operate',
    params,
    response: z.object({}),
  }),
  pauseRule: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rules/:rule/pause',
    summary: 'Stop a rule from firing until it is resumed',
    needs: 'operate',
    params,
    body: z.object({ reason: z.string().max(1000).optional() }),
    response: RuleView,
  }),
  resumeRule: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rules/:rule/resume',
    summary: 'Let a rule fire again; closes its breaker',
    needs: 'operate',
    params,
    response: RuleView,
  }),
  callRule: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rules/:rule/call',
    summary: 'Fire a rule that waits for a call, with data',
    needs: 'operate',
    params,
    body: z.object({ data: z.record(z.string(), z.unknown()).default({}) }),
    response: z.object({}),
    status: 202,
  }),
  tryRule: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rules/:rule/try',
    summary: 'What a rule, stored or edited, would do with an event now; nothing is done',
    needs: 'view',
    params,
    body: z.object({
      event: z
        .object({
          type: z.string().max(200),
          source: z.string().max(100).optional(),
          subject: z.string().max(1000).optional(),
          time: z.number().int().optional(),
          data: z.record(z.string(), z.unknown()).optional(),
        })
        .optional(),
      rule: Rule.optional(),
    }),
    response: DryRun,
  }),
  backtestRule: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/rules/:rule/backtest',
    summary: 'What a rule, and an edited one beside it, would have done with the events between two times',
    needs: 'view',
    params,
    body: z.object({ from: Time, to: Time, rule: Rule.optional() }),
    response: Backtest,
  }),
  listFirings: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/firings',
    summary: 'Firings of the rules, newest first',
    needs: 'view',
    params: project,
    query: z.object({
      rule: Name.optional(),
      state: FiringState.optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
      before: z.coerce.number().int().positive().optional(),
    }),
    response: z.object({ firings: z.array(FiringSummary) }),
  }),
  getFiring: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/firings/:id',
    summary: 'One firing: what was true, what each guard said, what was done, and what came of it',
    needs: 'view',
    params: z.object({ project: Name, id: z.coerce.number().int().positive() }),
    response: Firing,
  }),
};
