import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { Config } from '../config/config.js';
import { plainly } from '../texts/text.js';
import { letter } from './letter.js';
import type { Mail } from './mail.js';
import { Outbox, type OutboxEntry } from './outbox.js';
import { withoutCredentials } from './without-credentials.js';

/** A mail that was not taken is offered again after so many milliseconds. */
const AGAIN_MS = [1_000, 5_000, 30_000];
const WAITING_AT_MOST = 1_000;
/** Whoever waits for a mail waits so many milliseconds at most. */
const WAITED_MS = 15_000;

/**
 * Sends mails by SMTP, beside the request that asked for them: whether there was anything to send shows neither in an
 * answer nor in its time. Without SMTP the log and the outbox have the link.
 */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly logger = new Logger('Mail');
  private readonly transport?: Transporter;
  private readonly timers = new Set<NodeJS.Timeout>();
  private waiting = 0;

  constructor(
    private readonly outbox: Outbox,
    private readonly config: Config,
  ) {
    if (config.smtpUrl)
      this.transport = createTransport(config.smtpUrl, {
        from: config.mailFrom,
        disableFileAccess: true,
        disableUrlAccess: true,
      } as object);
  }

  /** Whether mails arrive; if not, people must ask whoever runs the server. */
  get delivers(): boolean {
    return this.transport !== undefined;
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.transport?.close();
  }

  /** Never throws, and never makes its caller wait. */
  send(mail: Mail): void {
    if (this.transport && this.waiting < WAITING_AT_MOST) {
      this.waiting++;
      const entry = this.outbox.add(mail, 'waiting');
      return void setImmediate(() => void this.deliver(entry, 0));
    }
    const subject = plainly(mail.subject, 'en');
    if (this.transport) {
      this.outbox.add(mail, 'failed').reason = 'too many mails are waiting';
      return this.logger.error(`To ${mail.to}, "${subject}": too many mails are waiting.`);
    }
    this.outbox.add(mail, 'handed-over');
    this.logger.log(`No SMTP_URL is set. To ${mail.to}, "${subject}": ${mail.link?.href ?? plainly(mail.lead, 'en')}`);
  }

  /**
   * Offers a mail once, for somebody who waits to hear what comes of it; `waiting`: that takes too long. Needs
   * `delivers`.
   */
  async sendNow(mail: Mail): Promise<OutboxEntry> {
    this.waiting++;
    const entry = this.outbox.add(mail, 'waiting');
    const tooLong = new Promise((resolve) => setTimeout(resolve, WAITED_MS).unref());
    await Promise.race([this.deliver(entry, AGAIN_MS.length), tooLong]);
    return entry;
  }

  private async deliver(entry: OutboxEntry, attempt: number): Promise<void> {
    if (!(await this.offer(entry))) {
      const wait = AGAIN_MS[attempt];
      if (wait !== undefined) return this.later(wait, () => this.deliver(entry, attempt + 1));
      entry.state = 'failed';
    }
    this.waiting--;
  }

  /** Whether the mail server took it; if not, the entry says why. */
  private async offer(entry: OutboxEntry): Promise<boolean> {
    try {
      await this.transport!.sendMail({
        from: this.config.mailFrom,
        to: { name: '', address: entry.mail.to },
        ...letter(entry.mail),
      });
      entry.state = 'sent';
      delete entry.reason;
      return true;
    } catch (error) {
      const { auth } = this.transport!.options as { auth?: { user?: string; pass?: string } };
      entry.reason = withoutCredentials((error as Error).message, auth);
      this.logger.warn(`To ${entry.mail.to}, "${plainly(entry.mail.subject, 'en')}": ${entry.reason}`);
      return false;
    }
  }

  private later(milliseconds: number, work: () => Promise<void>): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void work();
    }, milliseconds).unref();
    this.timers.add(timer);
  }
}
