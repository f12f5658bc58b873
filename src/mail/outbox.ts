import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import type { Mail } from './mail.js';

const KEPT = 100;

/** What became of a mail. `handed-over`: without SMTP, its link is for an operator to hand over. */
export const MAIL_STATES = ['waiting', 'sent', 'failed', 'handed-over'] as const;
export type MailState = (typeof MAIL_STATES)[number];

export interface OutboxEntry {
  /** Counted since this node was started. */
  readonly number: number;
  readonly mail: Mail;
  readonly at: Date;
  state: MailState;
  /** Why it could not be sent, or not yet. */
  reason?: string;
}

/** The last mails of this node, newest first. In memory and bounded: what a stranger asks for leaves nothing behind. */
@Injectable()
export class Outbox {
  private readonly entries: OutboxEntry[] = [];
  private added = 0;

  constructor(private readonly clock: Clock) {}

  add(mail: Mail, state: MailState): OutboxEntry {
    const entry = { number: ++this.added, mail, at: this.clock.now(), state };
    this.entries.unshift(entry);
    this.entries.length = Math.min(this.entries.length, KEPT);
    return entry;
  }

  list(): readonly OutboxEntry[] {
    return this.entries;
  }
}
