import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** Any number that no other work on this database locks. */
export const SEALING_LOCK = 727_274_304;
/** A transaction may commit after others that began later; so far back is looked for what they overtook. */
const OVERTAKEN = 10_000;
/** How many events are sealed at once at most. */
export const AT_ONCE = 500;

/** The end of the chain; before the first link, `seq` is 0 and `mac` empty. */
export interface ChainHead {
  readonly seq: bigint;
  readonly mac: Buffer;
}

/** A link beside what its event says now. */
export interface SealedEvent extends ChainHead {
  readonly eventId: string;
  /** Undefined when there is no such event any more. */
  readonly text: string | undefined;
  /** Milliseconds. */
  readonly at: number | undefined;
}

/**
 * The whole of an event as one text that is the same whenever it is read. The address is a member more only where there
 * is one: events from before there were any verify as they were sealed, and none can be given or lose one unnoticed.
 */
const TEXT = `(jsonb_build_array(e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.action, e.user_id,
  e.organization_id, e.grant_id, e.detail) || CASE WHEN e.address IS NULL THEN '[]' ELSE jsonb_build_array(e.address) END)::text`;
const EMPTY: ChainHead = { seq: 0n, mac: Buffer.alloc(0) };

/** The chain of MACs over the audit log (`audit_chain`). Both tables refuse every change. */
@Injectable()
export class AuditChain {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Seals events that are not sealed yet, a bounded number: how many. `link` makes the MAC of one from the MAC before
   * and the event. Nothing when another node is about it, or this one reads a standby.
   */
  async append(link: (before: Buffer, event: string) => Buffer): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const [lock] = await manager.query<{ mine: boolean }[]>(
        'SELECT NOT pg_is_in_recovery() AND pg_try_advisory_xact_lock($1) AS mine',
        [SEALING_LOCK],
      );
      if (!lock!.mine) return 0;
      const events = await manager.query<{ id: string; text: string }[]>(
        `SELECT e.id, ${TEXT} AS text FROM audit_events e
          WHERE e.id > coalesce((SELECT max(event_id) FROM audit_chain), 0) - $1
            AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.event_id = e.id)
          ORDER BY e.id LIMIT $2`,
        [OVERTAKEN, AT_ONCE],
      );
      if (events.length === 0) return 0;
      let { seq, mac } = await headOf(manager);
      const links = events.map(({ id, text }) => ({ seq: ++seq, id, mac: (mac = link(mac, text)) }));
      await manager.query(
        'INSERT INTO audit_chain (seq, event_id, mac) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])',
        [links.map((one) => String(one.seq)), links.map(({ id }) => id), links.map((one) => one.mac)],
      );
      return links.length;
    });
  }

  /** When the last event that is sealed was written. */
  async sealedUntil(): Promise<Date | undefined> {
    const [row] = await this.dataSource.query<{ at: Date }[]>(
      'SELECT e.at FROM audit_chain c JOIN audit_events e ON e.id = c.event_id ORDER BY c.seq DESC LIMIT 1',
    );
    return row?.at;
  }

  head(): Promise<ChainHead> {
    return headOf(this.dataSource.manager);
  }

  /** Every link behind this one, in order, a page at a time, so that no chain is held in memory. */
  async *links(behind = 0n): AsyncGenerator<SealedEvent> {
    for (let after = behind; ;) {
      const rows = await this.dataSource.query<
        { seq: string; mac: Buffer; event_id: string; text: string | null; at: Date | null }[]
      >(
        `SELECT c.seq, c.mac, c.event_id, e.at, CASE WHEN e.id IS NOT NULL THEN ${TEXT} END AS text
           FROM audit_chain c LEFT JOIN audit_events e ON e.id = c.event_id
          WHERE c.seq > $1 ORDER BY c.seq LIMIT 5000`,
        [String(after)],
      );
      for (const { seq, mac, event_id, text, at } of rows)
        yield { seq: BigInt(seq), mac, eventId: event_id, text: text ?? undefined, at: at?.getTime() };
      if (rows.length === 0) return;
      after = BigInt(rows.at(-1)!.seq);
    }
  }

  /** Ids of events from before `until` that are in no link, the first hundred. */
  async unsealed(until: Date): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT e.id FROM audit_events e LEFT JOIN audit_chain c ON c.event_id = e.id
        WHERE c.event_id IS NULL AND e.at < $1 ORDER BY e.id LIMIT 100`,
      [until],
    );
    return rows.map(({ id }) => id);
  }
}

async function headOf(manager: EntityManager): Promise<ChainHead> {
  const [row] = await manager.query<{ seq: string; mac: Buffer }[]>(
    'SELECT seq, mac FROM audit_chain ORDER BY seq DESC LIMIT 1',
  );
  return row ? { seq: BigInt(row.seq), mac: row.mac } : EMPTY;
}
