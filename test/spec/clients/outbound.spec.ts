import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Outbound } from '../../../src/config/outbound.js';

const A = 1;
const AAAA = 28;

/** What the name server says: addresses by name and type (RFC 1035 §3.2.2). It never answers for any other name. */
const RECORDS: Record<string, Record<number, number[][]>> = {
  'both.example': { [A]: [[1, 1, 1, 1]], [AAAA]: [[0x26, 6, ...Buffer.alloc(13), 1]] },
  'mixed.example': {
    [A]: [
      [1, 1, 1, 1],
      [10, 0, 0, 1],
    ],
    [AAAA]: [],
  },
  'none.example': { [A]: [], [AAAA]: [] },
};

let nameServer: Socket;
let outbound: Outbound;

beforeAll(async () => {
  nameServer = createSocket('udp4').bind(0, '127.0.0.1');
  nameServer.on('message', (query, { port, address }) => {
    const answer = answerTo(query);
    if (answer) nameServer.send(answer, port, address);
  });
  await once(nameServer, 'listening');
  outbound = new (class extends Outbound {
    protected override resolver(): Resolver {
      const resolver = super.resolver();
      resolver.setServers([`127.0.0.1:${nameServer.address().port}`]);
      return resolver;
    }
  })();
});
afterAll(() => void nameServer?.close());

/** RFC 1035 §4.1. */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let end = 12;
  for (; query[end] !== 0; end += query[end]! + 1)
    labels.push(query.toString('latin1', end + 1, end + 1 + query[end]!));
  const type = query.readUInt16BE(end + 1);
  const found = RECORDS[labels.join('.').toLowerCase()]?.[type];
  if (!found) return undefined;
  const records = found.map((data) => Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]));
  const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, found.length, 0, 0, 0, 0]);
  return Buffer.concat([head, query.subarray(12, end + 5), ...records]);
}

const never = () => new AbortController().signal;

describe('addresses of other servers', () => {
  it('every one of them, of both families', async () => {
    expect(await outbound.addresses('both.example', never())).toEqual(['1.1.1.1', '2606::1']);
    expect(await outbound.addresses('mixed.example', never())).toEqual(['1.1.1.1', '10.0.0.1']);
  });

  it('none is a failure', async () => {
    await expect(outbound.addresses('none.example', never())).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('a name whose servers never answer is called off', async () => {
    const giveUp = new AbortController();
    const asked = once(nameServer, 'message');
    const looking = outbound.addresses('silent.example', giveUp.signal);
    await asked;
    giveUp.abort();
    await expect(looking).rejects.toMatchObject({ code: 'ECANCELLED' });
  });

  it('hosts of this computer are none of them', async () => {
    const giveUp = new AbortController();
    const looking = outbound.addresses('localhost', giveUp.signal);
    setTimeout(() => giveUp.abort(), 100);
    await expect(looking).rejects.toThrow();
    expect(await outbound.ownAddresses('localhost')).toContain('127.0.0.1');
  });
});
