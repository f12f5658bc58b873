import { readdirSync } from 'node:fs';
import { parse } from 'node:querystring';
import { basename, join } from 'node:path';
import cookie from '@fastify/cookie';
import view from '@fastify/view';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import handlebars from 'handlebars';
import { AppModule } from './app.module.js';
import type { Outside } from './config/config.module.js';
import type { Config } from './config/config.js';
import { PATHS } from './config/paths.js';
import { PACKAGE_FOLDER } from './config/package-folder.js';
import { BackPressure } from './http/back-pressure.js';
import { pathOf } from './http/endpoints.js';
import { accompany } from './http/lifecycle.js';
import { Metrics } from './http/metrics.js';
import { Recording } from './http/recording.js';
import { securityHeaders } from './http/response-headers.js';
import { STYLESHEET } from './http/assets.js';
import { HELPERS } from './http/view-helpers.js';
import { isTooDeep } from './oauth/nesting.js';
import { QuietLogger } from './quiet-logger.js';

const VIEWS = join(PACKAGE_FOLDER, 'views');
/** By the names of their files. */
const PARTIALS = Object.fromEntries(
  readdirSync(join(VIEWS, 'partials')).map((file) => [basename(file, '.hbs'), `partials/${file}`]),
);
const KNOWN_HELPERS = Object.fromEntries(Object.keys(HELPERS).map((name) => [name, true]));
const BODY_LIMIT = 64 * 1024;

/** The whole server, ready to listen. `outside`: what tests put in place of clock and network. */
export async function createApp(config: Config, outside?: Outside): Promise<NestFastifyApplication> {
  const pressure = new BackPressure(config);
  const adapter = new FastifyAdapter({
    serverFactory: pressure.serverFactory,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    http: { headersTimeout: 10_000 },
    forceCloseConnections: 'idle',
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    routerOptions: { querystringParser: parse },
    frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
      void reply
        .status(400)
        .headers({ ...securityHeaders(config), 'cache-control': 'no-store' })
        .send({ error: 'invalid_request', error_description: 'the address is malformed' });
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, outside), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: new QuietLogger(config.production),
  });
  readBodies(adapter);
  await app.register(cookie);
  const metrics = app.get(Metrics);
  pressure.metrics = metrics;
  accompany(adapter.getInstance(), { pressure, metrics, recording: app.get(Recording), config });
  handlebars.registerHelper(HELPERS as never);
  await app.register(view, {
    engine: { handlebars },
    root: VIEWS,
    production: true,
    defaultContext: { stylesheet: STYLESHEET },
    options: { strict: true, compileOptions: { strict: true, knownHelpers: KNOWN_HELPERS }, partials: PARTIALS },
  });
  return app;
}

/**
 * JSON (Fastify's own parser, which refuses `__proto__`) and forms; nothing else is read. What comes to the MCP
 * endpoint stays bytes: who sends it is asked before what it says.
 */
function readBodies(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer, done: Parsed) => {
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (pathOf(request.url) === PATHS.mcp) done(null, body);
    else if (type === 'application/json') parseJson(request, body.toString(), shallowly(done));
    else if (type === 'application/x-www-form-urlencoded') done(null, parse(body.toString()));
    else done(new UnsupportedMediaTypeException());
  });
}

type Parsed = (error: Error | null, body?: unknown) => void;

/** What is nested beyond reading is refused before anybody looks into it. */
function shallowly(done: Parsed): Parsed {
  return (error, body) => (isTooDeep(body) ? done(new BadRequestException()) : done(error, body));
}
