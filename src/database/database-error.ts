/** A start that cannot go on, with one sentence for the person at the terminal. */
export class StartupError extends Error {}

const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  '25006', // read_only_sql_transaction: a standby answered
  '40001', // serialization_failure: a standby could not wait for a query
  '53100', // disk_full
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled (statement timeout)
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '58030', // io_error
]);

/** What was asked for is not here, but may be on the primary, which this standby follows. */
export class StandbyBehind extends Error {
  readonly code = '25006';
}

/** Nothing came from the database for so long that nothing will. */
export class DatabaseSilent extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super('the database does not answer');
  }
}

const UNAVAILABLE_TEXT =
  /Query read timeout|timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Cannot use a pool after|not queryable/i;

/**
 * Whether an error says that the database is away, rather than that a statement is wrong. Then the answer is 503, never
 * a refusal.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError, errors } = error as Error & { code?: string; driverError?: unknown; errors?: unknown[] };
  if (code !== undefined && (UNAVAILABLE_CODES.has(code) || code.startsWith('08'))) return true;
  if (UNAVAILABLE_TEXT.test(error.message)) return true;
  if (errors?.some(isDatabaseUnavailable)) return true;
  return driverError !== error && isDatabaseUnavailable(driverError);
}
