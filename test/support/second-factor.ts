import { Secret, TOTP } from 'otpauth';
import type { HttpBrowser, WebPage } from './http-browser.js';
import { PASSWORD, type Person } from './people.js';
import type { TestServer } from './server.js';
import { watch } from './watch.js';

/** An authenticator app on somebody's phone, whose clock is the server's. */
export class App {
  constructor(
    private readonly server: Pick<TestServer, 'clock'>,
    readonly secret: string,
  ) {
    watch.keep(secret);
  }

  /** What it shows, or showed `steps` ago. */
  code(steps = 0): string {
    const timestamp = this.server.clock.now().getTime() + steps * 30_000;
    return new TOTP({ secret: Secret.fromBase32(this.secret) }).generate({ timestamp });
  }

  /** A code that was never used: time goes on. */
  fresh(): string {
    this.server.clock.advance(30);
    return this.code();
  }
}

const SECURITY = '/console/account/security';

/** Sets up an app for whoever is logged in in this browser. The page that shows the recovery codes comes with it. */
export async function setUpApp(
  server: Pick<TestServer, 'origin' | 'clock'>,
  browser: HttpBrowser,
  { password = PASSWORD, back = '' } = {},
): Promise<{ app: App; recoveryCodes: string[]; page: WebPage }> {
  const setup = await browser.get(`${server.origin}${SECURITY}/authenticator${back}`);
  const app = new App(server, typedSecretOf(setup));
  const page = await browser.submit(setup, 'Turn on', { code: app.code(), password });
  return { app, recoveryCodes: recoveryCodesOf(page), page };
}

/** What an app without a camera is given. */
export function typedSecretOf({ html }: WebPage): string {
  return /<code class="code">([A-Z2-7 ]+)<\/code>/.exec(html)![1]!.replaceAll(' ', '');
}

export function recoveryCodesOf({ html }: WebPage): string[] {
  return [...html.matchAll(/<code>([a-z2-9-]+)<\/code>/g)].map(([, code]) => watch.keep(code!));
}

/** The password, and what comes then. */
export async function giveEmailAndPassword(
  server: Pick<TestServer, 'origin'>,
  browser: HttpBrowser,
  { email, password }: Pick<Person, 'email' | 'password'>,
): Promise<WebPage> {
  return browser.submit(await browser.get(`${server.origin}/console/login`), 'Log in', { email, password });
}
