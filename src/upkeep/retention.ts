import type { Config } from '../config/config.js';
import { RESTORABLE_DAYS } from '../database/repositories/deleted-projects.repository.js';
import type { SweptTable } from '../database/repositories/sweeps.repository.js';
import { KEPT_MS } from '../recorder/recorder.service.js';
import { DAY_MS, HOUR_MS, RETENTION_MS } from '../usage/periods.js';

/**
 * How long rows are kept once they are over, in milliseconds. Never no time at all: the clocks of nodes differ, and
 * what is over by one may not be by another.
 */
export function retentionOf(table: SweptTable, { endedConnectionRetention }: Config): number {
  return table === 'grants' ? endedConnectionRetention * 1000 : FIXED[table];
}

const FIXED: Readonly<Record<Exclude<SweptTable, 'grants'>, number>> = {
  access_requests: 30 * DAY_MS,
  attempt_steps: KEPT_MS,
  connection_hours: RETENTION_MS,
  deleted_projects: RESTORABLE_DAYS * DAY_MS,
  denied_requests: HOUR_MS,
  invitations: 30 * DAY_MS,
  rate_limits: HOUR_MS,
  sessions: DAY_MS,
  table_sizes: 30 * DAY_MS,
  usage_days: RETENTION_MS,
};
