export { AppError } from '../lib/errors.ts';
