import { FirstOperator } from './accounts/first-operator.service.js';
import { createApp } from './app.setup.js';
import { banner } from './banner.js';
import { Config } from './config/config.js';
import { ConfigurationError } from './config/environment.js';
import { StartupError } from './database/database-error.js';
import { growWithWork } from './heap.js';
import { listen } from './listen.js';

/**
 * Configuration, database, server, banner; then until somebody ends it. Never throws: what fails is said, and ends the
 * process.
 */
export function serve(): Promise<void> {
  return start().catch(fail);
}

async function start(): Promise<void> {
  const config = Config.fromProcess();
  const app = await createApp(config);
  const close = () => app.close();
  try {
    const firstOperator = app.get(FirstOperator);
    await firstOperator.bootstrap();
    await listen(app, config.port, config.host);
    endOnSignal(close);
    growWithWork();
    process.stdout.write(banner(config, await firstOperator.setupLink()));
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The first signal ends cleanly: no new requests, those under way are answered. The second ends at once, but for that
 * of a terminal that was closed, which may come more than once.
 */
function endOnSignal(close: () => Promise<void>): void {
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    if (ending && signal !== 'SIGHUP') process.exit(130);
    if (ending) return;
    ending = true;
    void close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end);
}

/** One clear sentence when the operator can do something about it; everything there is to know otherwise. */
function fail(error: unknown): never {
  const { code, port } = error as { code?: string; port?: number };
  if (error instanceof ConfigurationError || error instanceof StartupError) console.error(error.message);
  else if (code === 'EADDRINUSE')
    console.error(`Port ${port} is taken. End what listens there, or choose another with PORT.`);
  else if (code === 'EACCES' && port !== undefined)
    console.error(`Port ${port} may not be opened by this user. Choose one above 1023 with PORT.`);
  else if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') console.error('HOST is not an address of this machine.');
  else console.error(error);
  process.exit(1);
}
