import { bind, type Bound } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { automationContract } from './contract.ts';
import { AUTOMATION_ERRORS } from './errors.ts';
import type { AutomationService } from './service.ts';

export const automationRoutes = (automation: AutomationService): Bound<Actor>[] =>
  bind(automationContract, {
    listRules: async ({ params }) => ({ rules: await automation.list(params.project) }),
    applyRules: async ({ actor, params, query, body }) => ({
      rules: await automation.apply(actor, params.project, body.rules, { prune: query.prune === 'true' }),
    }),
    getRule: ({ params }) => automation.get(params.project, params.rule),
    async applyRule({ actor, params, body }) {
      if (body.name !== params.rule)
        throw new AppError(
          AUTOMATION_ERRORS.RULE_NAME_DIFFERS,
          `The address names '${params.rule}', the rule '${body.name}'.`,
        );
      await automation.apply(actor, params.project, [body]);
      return automation.get(params.project, params.rule);
    },
    async removeRule({ actor, params }) {
      await automation.remove(actor, params.project, params.rule);
      return {};
    },
    pauseRule: ({ actor, params, body }) => automation.pause(actor, params.project, params.rule, body.reason),
    resumeRule: ({ actor, params }) => automation.resume(actor, params.project, params.rule),
    async callRule({ actor, params, body }) {
      await automation.call(actor, params.project, params.rule, body.data);
      return {};
    },
    tryRule: ({ params, body }) => automation.tryOut(params.project, params.rule, body),
    backtestRule: ({ params, body }) => automation.backtest(params.project, params.rule, body),
    listFirings: async ({ params, query }) => ({
      firings: await automation.firings(params.project, query),
    }),
    getFiring: ({ params }) => automation.firing(params.project, params.id),
  });
