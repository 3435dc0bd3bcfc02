import { defineErrors } from '../../lib/errors.ts';

export const IDENTITY_ERRORS = defineErrors({
  SIGN_IN_WRONG: { status: 401, hint: 'Name or password is wrong, or the account is disabled.' },
  SIGN_IN_LIMITED: { status: 429, hint: 'Wait as long as Retry-After says; nothing else is affected.' },
  SESSION_NEEDED: { status: 403, hint: 'Sign in with name and password; a token cannot do this.' },
  PASSWORD_WRONG: { status: 403, hint: 'An admin can set a new one: rondo users reset-password NAME.' },
  USER_EXISTS: { status: 409, hint: '`rondo users list` shows the users.' },
  USER_UNKNOWN: { status: 404, hint: '`rondo users list` shows the users.' },
  TOKEN_UNKNOWN: { status: 404, hint: '`rondo tokens list` shows the tokens.' },
  MEMBER_UNKNOWN: { status: 404 },
  OWN_ROLE: { status: 403, hint: 'Another admin can.' },
  LAST_ADMIN: { status: 409, hint: 'Make somebody else admin first.' },
  MEMBER_PROJECT_UNKNOWN: { status: 404, hint: '`rondo projects list` shows the projects.' },
});
