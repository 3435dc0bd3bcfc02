// Compiled parsers need eval, which the page's content security policy forbids; zod reads this when its first schema is made.
globalThis.__zod_globalConfig = { jitless: true };
