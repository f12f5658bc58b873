import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/app.setup.js';
import { Config } from '../../src/config/config.js';
import type { Outbound } from '../../src/config/outbound.js';
import { type DatabaseKind, newDatabase, type TestDatabase } from './databases.js';
import { freePort } from './postgres-server.mjs';
import { invariantsHold } from './invariants.js';
import { TestClock } from './test-clock.js';
import { watch } from './watch.js';

export interface TestServer {
  readonly app: NestFastifyApplication;
  readonly config: Config;
  readonly origin: string;
  readonly clock: TestClock;
  /** Asks the database, as the only other witness. */
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

interface ServerOptions {
  readonly database?: DatabaseKind;
  /** What it is called: passkeys are for a name, never for an address (WebAuthn §5.1.2). */
  readonly host?: string;
  readonly variables?: Record<string, string>;
  /** What stands where the internet is. */
  readonly outbound?: Outbound;
}

export const SECRET = 'a secret that only the tests have and that is long enough';

/**
 * The server, in this process, on a port and a database of its own. One at a time: passport keeps its strategies for
 * the whole process.
 */
export async function startServer({
  database = 'embedded',
  host = '127.0.0.1',
  variables = {},
  outbound,
}: ServerOptions = {}): Promise<TestServer> {
  const own = await newDatabase(database);
  const port = await freePort();
  const clock = new TestClock();
  const settings = { PORT: String(port), PUBLIC_URL: `http://${host}:${port}`, ...own.variables, ...variables };
  const { app, config } = await startApp(settings, { clock, outbound });
  const dataSource = app.get(DataSource, { strict: false });
  const server = {
    app,
    config,
    origin: config.origin,
    clock,
    query: <Row>(sql: string, values?: unknown[]) => dataSource.query<Row[]>(sql, values),
  };
  return {
    ...server,
    close: async () => {
      try {
        await invariantsHold(server);
      } finally {
        await app.close();
        await own.remove();
      }
    },
  };
}

/** Another node of this server, in this process too: `address` is where it listens. To be closed before the server. */
export async function startNode(
  { config: { databaseUrl, origin, dataDir }, clock }: Pick<TestServer, 'config' | 'clock'>,
  { variables = {}, outbound }: Pick<ServerOptions, 'variables' | 'outbound'> = {},
): Promise<{ address: string; close(): Promise<void> }> {
  const port = String(await freePort());
  const node = { PORT: port, PUBLIC_URL: origin, DATA_DIR: dataDir, DATABASE_URL: databaseUrl!, DATABASE_POOL: '10' };
  const { app } = await startApp({ ...node, ...variables }, { clock, outbound });
  return { address: `http://127.0.0.1:${port}`, close: () => app.close() };
}

async function startApp(
  variables: Record<string, string>,
  outside: { clock: TestClock; outbound: Outbound | undefined },
): Promise<Pick<TestServer, 'app' | 'config'>> {
  const config = Config.from({ NODE_ENV: 'test', SECRETS: SECRET, HOST: '127.0.0.1', ...variables });
  const app = await createApp(config, outside);
  app.useLogger(new WatchedLogger());
  await app.listen(config.port, '127.0.0.1');
  return { app, config };
}

/** Keeps what the server logs, for the invariants; shows it when TEST_LOG is set. */
class WatchedLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    stream?: 'stdout' | 'stderr',
  ): void {
    watch.logged.push(...messages.map(String));
    if (process.env['TEST_LOG']) super.printMessages(messages, context, level, stream);
  }

  protected override printStackTrace(stack: string): void {
    watch.logged.push(stack);
    if (process.env['TEST_LOG']) super.printStackTrace(stack);
  }
}

export interface ServerProcess {
  /** What it is called; `address` is where it listens. */
  readonly origin: string;
  readonly address: string;
  readonly child: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

const MAIN = join(process.cwd(), 'dist/main.js');

/**
 * The built server, in a process of its own. Resolves when it is ready; rejects with what it said when it ends instead.
 */
export async function startProcess(
  database: Pick<TestDatabase, 'variables'>,
  variables: Record<string, string> = {},
): Promise<ServerProcess> {
  const port = variables['PORT'] ?? String(await freePort());
  const origin = variables['PUBLIC_URL'] ?? `http://127.0.0.1:${port}`;
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH,
      HOME,
      NODE_ENV: 'test',
      SECRETS: SECRET,
      HOST: '127.0.0.1',
      ...database.variables,
      PORT: port,
      PUBLIC_URL: origin,
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('is ready.')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(Object.assign(new Error(`ended with ${code}: ${printed}`), { code, printed })));
  });
  await ready;
  return {
    origin,
    address: `http://127.0.0.1:${port}`,
    child,
    output: () => printed,
    kill: async (signal) => {
      watch.logged.push(printed);
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      await once(child, 'exit');
      return child.exitCode;
    },
  };
}

/** Two nodes of one server: the same database, the same name, different addresses. */
export async function startNodes(
  database: Pick<TestDatabase, 'variables'>,
  variables: Record<string, string> = {},
): Promise<[ServerProcess, ServerProcess]> {
  const first = await startProcess(database, variables);
  return [first, await startProcess(database, { ...variables, PUBLIC_URL: first.origin })];
}
