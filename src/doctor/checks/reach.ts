import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { bad, type Check, faultOf, good, inShort } from '../examination.js';
import type { Fault } from '../faults.js';
import { type Answer, NoAnswer, visit } from '../visit.js';

const PRIVATE = new BlockList();
for (const range of [
  '10.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
]) {
  const [address, bits] = range.split('/') as [string, string];
  PRIVATE.addSubnet(address, Number(bits), 'ipv4');
}
for (const [address, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(address, bits, 'ipv6');
const CLOCK_SECONDS = 60;

/** The name, the address, the connection, the certificate, the clock. */
export const reach: Check = async function* (patient) {
  const { url, tool, now } = patient;
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await addressesOf(host);
  if (addresses.length === 0) return yield bad('the name', 'name-unknown', host);
  yield good(`the name: ${addresses.join(', ')}`);
  const isPrivate = addresses.every((address) => PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
  if (tool.hosted && isPrivate) yield bad('the address', 'not-public', `${addresses.join(', ')} is private`);
  if (protocol === 'http:' && !isLoopback(host)) yield bad('the scheme', 'not-https', url);
  try {
    const answer = await visit(url, { method: 'HEAD' });
    patient.reached = true;
    yield good(protocol === 'https:' ? 'the connection, and its certificate' : 'the connection');
    yield clock(answer, now());
    if (answer.status >= 502 && answer.status <= 504)
      yield bad('the server', faultOf(answer, 'unreachable'), inShort(answer));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    yield bad('the connection', noAnswerFault(error.code), error.message);
  }
};

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

const isLoopback = (host: string) => ['localhost', '127.0.0.1', '::1'].includes(host);

function clock({ headers }: Answer, now: Date) {
  const date = Date.parse(headers.get('date') ?? '');
  const seconds = Math.round((date - now.getTime()) / 1000);
  return Math.abs(seconds) > CLOCK_SECONDS
    ? bad(
        'its clock',
        'clock-wrong',
        `${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead of' : 'behind'} this computer's`,
      )
    : good('its clock');
}

function noAnswerFault(code: string): Fault {
  if (code === 'timeout' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'too-slow';
  return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code) ? 'certificate-invalid' : 'unreachable';
}
