import { Client } from 'pg';

/** Sessions on a real PostgreSQL, beside the server's own. */
export class Witness {
  private constructor(private readonly url: string) {}

  static of(url: string | undefined): Witness {
    if (!url) throw new Error('locks and races are proven on a real PostgreSQL');
    return new Witness(url);
  }

  async query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    return client
      .query(sql, values)
      .then(({ rows }) => rows as Row[])
      .finally(() => client.end());
  }

  /**
   * The barrier (attacks, §0.2): locks the rows, starts the work, waits until `waiters` sessions of the server stand at
   * a lock, and lets them go all at once. Throws when they never stood there: then the race was not proven. `COMMIT`:
   * with what was done to the rows meanwhile.
   */
  async releaseTogether<T>(
    lock: string,
    values: unknown[],
    waiters: number,
    start: () => Promise<T>,
    end: 'ROLLBACK' | 'COMMIT' = 'ROLLBACK',
  ): Promise<T> {
    const holder = await this.connect();
    try {
      await holder.query('BEGIN');
      const { rowCount } = await holder.query(lock, values);
      if (!rowCount) throw new Error('the barrier found no row to lock');
      const work = start();
      work.catch(() => undefined);
      await this.untilWaiting(waiters);
      await holder.query(end);
      return await work;
    } finally {
      await holder.end();
    }
  }

  /** Holds what the statement locks for as long as the work takes, which therefore must not wait for it. */
  async whileHeld<T>(lock: string, values: unknown[], work: () => Promise<T>): Promise<T> {
    const holder = await this.connect();
    try {
      await holder.query('BEGIN');
      const { rowCount, command } = await holder.query(lock, values);
      if (!rowCount && command !== 'LOCK') throw new Error('there was nothing to lock');
      return await work();
    } finally {
      await holder.end();
    }
  }

  /** Until so many sessions of the server stand at a lock. Throws when they do not come. */
  async untilWaiting(waiters: number): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (let standing = 0; standing < waiters; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const [row] = await this.query<{ standing: number }>(
        `SELECT count(*)::int AS standing FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bkend-mcp-auth' AND wait_event_type = 'Lock'`,
      );
      standing = row!.standing;
      if (Date.now() > deadline) throw new Error(`only ${standing} of ${waiters} sessions reached the lock`);
    }
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    return client;
  }
}
