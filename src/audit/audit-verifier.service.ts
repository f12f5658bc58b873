import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { AuditChain } from '../database/repositories/audit-chain.repository.js';
import { Sealing } from '../sealing/sealing.service.js';
import { linkedText } from './linked-text.js';

/** Sealing follows within seconds; a server that was down catches up. */
const SEALED_WITHIN_MS = 60_000;
/** Events are sealed in the order of their times, but for what overtakes within this. */
const OVERTAKING_MS = 600_000;
const MOST_FAULTS = 100;

/** The end of the chain, to be kept elsewhere: `<seq>:<MAC in base64url>`. */
export type Head = string;

export interface Verification {
  readonly events: number;
  readonly head: Head;
  /** What is wrong, each in a sentence; the first hundred. Empty: nothing was changed since it was sealed. */
  readonly faults: readonly string[];
}

/** Recomputes the chain over the audit log and names what does not fit. */
@Injectable()
export class AuditVerifier {
  constructor(
    private readonly chain: AuditChain,
    private readonly sealing: Sealing,
    private readonly clock: Clock,
  ) {}

  /**
   * `kept`: a head that was noted before; a chain cut off since then does not contain it. `from`: another, behind which
   * to begin: what is before it was verified then, and is sealed under a secret that may be gone.
   */
  async verify(kept?: Head, from?: Head): Promise<Verification> {
    const faults: string[] = [];
    const fault = (sentence: string) => faults.length < MOST_FAULTS && faults.push(sentence);
    let before: { seq: bigint; mac: Buffer; at: number } = { ...headOf(from), at: 0 };
    let events = 0;
    let keptIsFound = kept === undefined || kept === headText(before);
    for await (const { seq, mac, eventId, text, at } of this.chain.links(before.seq)) {
      if (seq !== before.seq + 1n) fault(`links ${before.seq + 1n} to ${seq - 1n} are missing`);
      if (text === undefined) fault(`event ${eventId} was removed (link ${seq})`);
      else if (!this.sealing.hasMac('audit-chain', linkedText(before.mac, text), mac))
        fault(`event ${eventId} or link ${seq} was changed`);
      if (at !== undefined && at < before.at - OVERTAKING_MS)
        fault(`event ${eventId} (link ${seq}) says it is older than events that were sealed before it`);
      if (kept === headText({ seq, mac })) keptIsFound = true;
      before = { seq, mac, at: Math.max(before.at, at ?? 0) };
      events++;
    }
    if (!keptIsFound)
      fault('the chain does not contain the head that was kept: its end was cut off, or it was made anew');
    for (const id of await this.chain.unsealed(new Date(this.clock.now().getTime() - SEALED_WITHIN_MS)))
      fault(`event ${id} is not sealed`);
    return { events, head: headText(before), faults };
  }
}

const headText = ({ seq, mac }: { seq: bigint; mac: Buffer }): Head => `${seq}:${mac.toString('base64url')}`;

/** The beginning of the chain where there is none. */
function headOf(text: Head = '0:'): { seq: bigint; mac: Buffer } {
  const [seq, mac] = text.split(':') as [string, string];
  return { seq: BigInt(seq), mac: Buffer.from(mac, 'base64url') };
}
