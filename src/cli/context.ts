import type { Command } from 'commander';
import type { CommandContext } from '../lib/command.ts';
import { type Contract, createClient } from '../lib/contract/index.ts';
import { findSettings, type Settings } from '../sdk/settings.ts';

export interface GlobalOptions {
  json?: boolean;
  url?: string;
  token?: string;
  project?: string;
  data?: string;
}

/** The context of one run of the program; options are read when a verb runs, after parsing. */
export function createContext(
  program: Command,
): CommandContext & { settings(): Settings; isJson(): boolean } {
  let last = '';
  const options = () => program.opts<GlobalOptions>();
  const settings = () => findSettings(options());
  return {
    settings,
    isJson: () => options().json === true,
    project: () => settings().project,
    client<C extends Contract>(contract: C, other?: string) {
      const { url, token, project: own } = settings();
      const project = other ?? own;
      return createClient(contract, { url, token, headers: { 'x-mlflow-workspace': project } });
    },
    print(value, text) {
      process.stdout.write(`${options().json ? JSON.stringify(value) : text}\n`);
    },
    progress(text) {
      if (text === last) return;
      last = text;
      process.stderr.write(`${text}\n`);
    },
    fail() {
      process.exitCode = 1;
    },
  };
}
