import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';

/** A real SMTP server, and what was delivered to it. */
export class Mailbox {
  readonly mails: ParsedMail[] = [];
  /** How often it says that it is busy before it takes a mail. */
  refusals = 0;
  attempts = 0;

  private constructor(private readonly server: SMTPServer) {}

  static async open(): Promise<Mailbox> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => mailbox.take(stream, done),
    });
    const mailbox = new Mailbox(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return mailbox;
  }

  /** What the server is configured with. */
  get variables(): Record<string, string> {
    const { port } = this.server.server.address() as AddressInfo;
    return { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'bkend <no-reply@auth.example.com>' };
  }

  /** The next mail to this address, and the link in it. */
  async next(to: string): Promise<{ mail: ParsedMail; link: string }> {
    for (let waited = 0; waited < 5_000; waited += 20) {
      const index = this.mails.findIndex((mail) => [mail.to].flat()[0]?.value[0]?.address === to);
      if (index >= 0) {
        const [mail] = this.mails.splice(index, 1) as [ParsedMail];
        return { mail, link: /https?:\/\/\S+/.exec(mail.text ?? '')?.[0] ?? '' };
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no mail came to ${to}`);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private take(stream: NodeJS.ReadableStream, done: (error?: Error) => void): void {
    this.attempts++;
    if (this.refusals > 0) {
      this.refusals--;
      stream.resume();
      stream.on('end', () => done(Object.assign(new Error('busy'), { responseCode: 451 })));
      return;
    }
    void (async () => {
      this.mails.push(await simpleParser(stream as never));
      done();
    })();
  }
}
