import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { AuditVerifier } from '../../../src/audit/audit-verifier.service.js';
import { linkedText } from '../../../src/audit/linked-text.js';
import { AuditChain, SEALING_LOCK } from '../../../src/database/repositories/audit-chain.repository.js';
import { Sealing } from '../../../src/sealing/sealing.service.js';
import { BOTH_DATABASES } from '../../support/databases.js';
import { OAuthClient } from '../../support/oauth-client.js';
import { addPerson } from '../../support/people.js';
import { SECRET, startServer, type TestServer } from '../../support/server.js';

describe.each(BOTH_DATABASES)('the chain over the audit log, on %s', (database) => {
  let server: TestServer;
  let chain: AuditChain;

  beforeAll(async () => {
    server = await startServer({ database });
    chain = server.app.get(AuditChain, { strict: false });
    const person = await addPerson(server.app, 'ann@example.com');
    const client = await OAuthClient.register(server.origin);
    for (let connections = 0; connections < 3; connections++) {
      const { access_token } = await client.again().connect(person);
      await client.revoke(access_token);
    }
    await sealed();
  });
  afterAll(() => server?.close());

  /** Somebody with all rights in the database, who takes the guards away for a moment. Nothing is sealed meanwhile. */
  const behindItsBack = (...statements: [string, unknown[]?][]) =>
    server.app.get(DataSource, { strict: false }).transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [SEALING_LOCK]);
      const guards = async (set: 'DISABLE' | 'ENABLE') => {
        for (const table of ['audit_events', 'audit_chain'])
          await manager.query(`ALTER TABLE ${table} ${set} TRIGGER USER`);
      };
      await guards('DISABLE');
      for (const [sql, values] of statements) await manager.query(sql, values);
      await guards('ENABLE');
    });
  const sealed = async () => {
    const left = async () =>
      (
        await server.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM audit_events e LEFT JOIN audit_chain c ON c.event_id = e.id WHERE c.seq IS NULL',
        )
      )[0]!.n;
    for (let tries = 0; (await left()) > 0; tries++) {
      if (tries > 200) throw new Error('the log was never sealed');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const verifier = (...secrets: string[]) =>
    new AuditVerifier(chain, new Sealing(secrets.length ? secrets : [SECRET], server.clock), server.clock);
  const verify = async (kept?: string) => (await verifier().verify(kept)).faults;
  const ids = async () =>
    (await server.query<{ event_id: string }>('SELECT event_id FROM audit_chain ORDER BY seq')).map(
      ({ event_id }) => event_id,
    );

  it('holds every event once, in order, and verifies', async () => {
    const { events, head, faults } = await verifier().verify();
    expect(faults).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(6);
    const [{ n } = { n: 0 }] = await server.query<{ n: number }>('SELECT count(*)::int AS n FROM audit_events');
    expect([events, head.split(':')[0]]).toEqual([n, String(n)]);
    expect(await verify(head)).toEqual([]);
  });

  it('verifies after the secret was changed, and under no other', async () => {
    expect((await verifier('another secret that is in front of the old one', SECRET).verify()).faults).toEqual([]);
    expect((await verifier('another secret that never sealed anything').verify()).faults.length).toBeGreaterThan(3);
  });

  it('verifies from a head that was kept, where the secret before it is gone', async () => {
    const links: { seq: bigint; mac: Buffer }[] = [];
    for await (const { seq, mac } of chain.links()) links.push({ seq, mac });
    const { seq, mac } = links[2]!;
    const from = `${seq}:${mac.toString('base64url')}`;
    const { events, faults } = await verifier().verify(undefined, from);
    expect([events, faults]).toEqual([links.length - 3, []]);
    const other = `${seq}:${links[1]!.mac.toString('base64url')}`;
    expect((await verifier().verify(undefined, other)).faults).toEqual([expect.stringContaining('was changed')]);
  });

  it.each(['audit_events', 'audit_chain'])('Z10 %s is append-only', async (table) => {
    for (const sql of [
      `UPDATE ${table} SET ${table === 'audit_chain' ? 'seq = seq' : 'at = at'}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
    ])
      await expect(server.query(sql)).rejects.toThrow('append-only');
    expect(await verify()).toEqual([]);
  });

  describe('tells of what was done behind its back:', () => {
    let events: { id: string; row: string }[];
    let links: string;
    let head: string;

    beforeEach(async () => {
      ({ head } = await verifier().verify());
      events = await server.query('SELECT id, to_jsonb(e) AS row FROM audit_events e ORDER BY id');
      [{ links } = { links: '' }] = await server.query<{ links: string }>(
        'SELECT jsonb_agg(to_jsonb(c))::text AS links FROM audit_chain c',
      );
    });
    const undo = async () => {
      await behindItsBack(
        ['DELETE FROM audit_chain'],
        ['DELETE FROM audit_events'],
        [
          'INSERT INTO audit_events OVERRIDING SYSTEM VALUE SELECT r.* FROM jsonb_array_elements($1::jsonb) one, jsonb_populate_record(NULL::audit_events, one) r',
          [JSON.stringify(events.map(({ row }) => row))],
        ],
        [
          'INSERT INTO audit_chain SELECT r.* FROM jsonb_array_elements($1::jsonb) one, jsonb_populate_record(NULL::audit_chain, one) r',
          [links],
        ],
      );
      expect(await verify(head)).toEqual([]);
    };

    it('an event that was changed', async () => {
      const [, id] = await ids();
      await behindItsBack([
        `UPDATE audit_events SET action = 'grant.approved', detail = '{"scopes":["all"]}' WHERE id = $1`,
        [id],
      ]);
      expect(await verify()).toEqual([expect.stringContaining(`event ${id} or link 2 was changed`)]);
      await undo();
    });

    it('one whose time was changed by a microsecond', async () => {
      const [id] = await ids();
      await behindItsBack([`UPDATE audit_events SET at = at + interval '1 microsecond' WHERE id = $1`, [id]]);
      expect(await verify()).toEqual([expect.stringContaining(`event ${id} or link 1 was changed`)]);
      await undo();
    });

    it('an event that was removed, with its link or without', async () => {
      const [, , id] = await ids();
      await behindItsBack(['DELETE FROM audit_events WHERE id = $1', [id]]);
      expect(await verify()).toEqual([`event ${id} was removed (link 3)`]);
      await behindItsBack(['DELETE FROM audit_chain WHERE event_id = $1', [id]]);
      expect(await verify()).toEqual(['links 3 to 3 are missing', expect.stringContaining('link 4 was changed')]);
      await undo();
    });

    it('two that changed places', async () => {
      const [one, two] = await ids();
      await behindItsBack([
        `UPDATE audit_events e SET user_id = o.user_id, action = o.action, detail = o.detail, grant_id = o.grant_id, at = o.at
           FROM audit_events o WHERE (e.id = $1 AND o.id = $2) OR (e.id = $2 AND o.id = $1)`,
        [one, two],
      ]);
      expect(await verify()).toHaveLength(2);
      await undo();
    });

    it('one that was put into the past', async () => {
      await behindItsBack([
        `INSERT INTO audit_events (at, action, detail) SELECT min(at) - interval '1 day', 'grant.approved', '{}' FROM audit_events`,
      ]);
      await sealed();
      expect(await verify()).toEqual([
        expect.stringContaining('says it is older than events that were sealed before it'),
      ]);
      await undo();
    });

    it('one that was slipped in further back than sealing looks', async () => {
      await behindItsBack([
        `INSERT INTO audit_events (id, at, action) OVERRIDING SYSTEM VALUE VALUES (-20000, (SELECT min(at) - interval '1 day' FROM audit_events), 'grant.approved')`,
      ]);
      expect(await verify()).toEqual(['event -20000 is not sealed']);
      await undo();
    });

    it('an end that was cut off, by the head that was kept', async () => {
      const last = (await ids()).at(-1);
      await behindItsBack(
        ['DELETE FROM audit_chain WHERE event_id = $1', [last]],
        ['DELETE FROM audit_events WHERE id = $1', [last]],
      );
      expect(await verify()).toEqual([]);
      expect(await verify(head)).toEqual([expect.stringContaining('does not contain the head that was kept')]);
      await undo();
    });

    it('a chain that somebody made anew without the key', async () => {
      const key = randomBytes(32);
      let before = '';
      const forged = [];
      for await (const { seq, text } of chain.links()) {
        before = createHmac('sha256', key).update(`${before} ${text}`).digest('base64url');
        forged.push({ seq: String(seq), mac: Buffer.from(before, 'base64url') });
      }
      await behindItsBack([
        'UPDATE audit_chain c SET mac = f.mac FROM unnest($1::bigint[], $2::bytea[]) AS f(seq, mac) WHERE c.seq = f.seq',
        [forged.map(({ seq }) => seq), forged.map(({ mac }) => mac)],
      ]);
      expect((await verify()).length).toBe(forged.length);
      await undo();
    });
  });
});

it('seals what a slow transaction wrote after others overtook it, from several nodes at once', async () => {
  const server = await startServer({ database: 'postgres' });
  try {
    const chain = server.app.get(AuditChain, { strict: false });
    const sealing = new Sealing([SECRET], server.clock);
    const link = (before: Buffer, event: string) => sealing.mac('audit-chain', linkedText(before, event));
    const slow = new Client({ connectionString: server.config.databaseUrl });
    await slow.connect();
    await slow.query('BEGIN');
    await slow.query("INSERT INTO audit_events (at, action) VALUES (now(), 'project.created')");
    await server.query("INSERT INTO audit_events (at, action) VALUES (now(), 'project.renamed')");
    while ((await chain.head()).seq < 1n) await chain.append(link);
    await slow.query('COMMIT');
    await slow.end();
    for (let rounds = 0; rounds < 50; rounds++)
      await server.query("INSERT INTO audit_events (at, action) VALUES (now(), 'project.deleted')");
    while ((await chain.head()).seq < 52n) await Promise.all([1, 2, 3, 4].map(() => chain.append(link)));
    const { events, faults } = await new AuditVerifier(chain, sealing, server.clock).verify();
    expect([events, faults]).toEqual([52, []]);
    const [first] = await server.query<{ action: string }>(
      'SELECT e.action FROM audit_chain c JOIN audit_events e ON e.id = c.event_id WHERE c.seq = 1',
    );
    expect(first).toEqual({ action: 'project.renamed' });
  } finally {
    await server.close();
  }
});
