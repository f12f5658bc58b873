import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PATHS } from '../config/paths.js';
import type { StepKind } from '../database/entities/attempt-step.entity.js';
import { Finding } from '../oauth/finding.js';
import type { Observed } from '../recorder/observed.js';
import { Recorder } from '../recorder/recorder.service.js';
import { Cookies } from './cookies.js';
import { isUuid } from './uuid.js';

/** What is known of who connects what, from wherever in a request it turns out. */
type Known = Partial<
  Pick<Observed, 'kind' | 'clientId' | 'clientName' | 'requestId' | 'userId' | 'organizationId' | 'grantId' | 'failure'>
>;

/** Which step of an attempt a route is. Others are none, unless they fail before a person. */
const KINDS: Readonly<Record<string, StepKind>> = {
  [PATHS.resourceMetadata]: 'resource-metadata',
  [PATHS.resourceMetadataAtRoot]: 'resource-metadata',
  [`${PATHS.resourceMetadataAtRoot}/*`]: 'resource-metadata',
  [PATHS.serverMetadata]: 'server-metadata',
  [PATHS.serverMetadataAtRoot]: 'server-metadata',
  [PATHS.serverMetadataAppended]: 'server-metadata',
  [PATHS.registration]: 'registration',
  [PATHS.authorization]: 'authorize',
  [`${PATHS.authorization}/login`]: 'log-in',
  [`${PATHS.authorization}/second-factor`]: 'log-in',
  [`${PATHS.authorization}/not-you`]: 'log-in',
  [`${PATHS.authorization}/organization`]: 'organization',
  [`${PATHS.authorization}/approve`]: 'approval',
  [PATHS.token]: 'token',
  [PATHS.revocation]: 'revocation',
  [PATHS.introspection]: 'introspection',
  [PATHS.mcp]: 'call',
};
/** Steps that are taken by a form: showing it is none. */
const FORMS: readonly StepKind[] = ['log-in', 'organization', 'approval'];
/** Said by nobody when they go well: they are no step towards a connection. */
const ONLY_FAILURES: readonly StepKind[] = ['page', 'revocation', 'introspection'];
/** What a request may be shown with. Never `code`, `code_verifier`, `state`, tokens, secrets. */
const SHOWN = [
  'grant_type',
  'response_type',
  'response_mode',
  'redirect_uri',
  'redirect_uris',
  'resource',
  'scope',
  'code_challenge_method',
  'prompt',
  'client_name',
  'token_endpoint_auth_method',
  'grant_types',
];
/** That they came is worth knowing; what they were is nobody's business. */
const PRESENT = ['code_challenge', 'code_verifier', 'state'];

/** Tells the flight recorder what each request came to. Whatever goes wrong here, the request does not notice. */
@Injectable()
export class Recording {
  private readonly logger = new Logger('Recording');
  private failedBefore = false;
  private readonly known = new WeakMap<FastifyRequest, Known>();

  constructor(
    private readonly recorder: Recorder,
    private readonly cookies: Cookies,
  ) {}

  /** Adds to what is known of a request. */
  know(request: FastifyRequest, facts: Known): void {
    const known = this.known.get(request);
    if (known) Object.assign(known, facts);
    else this.known.set(request, { ...facts });
  }

  /** It was refused, for this reason, and whoever asked was shown this code. */
  failed(request: FastifyRequest, finding: Finding, supportCode?: string): void {
    const { grant, sid, request: requestId, client_id: clientId } = finding.compared;
    this.know(request, {
      ...(isUuid(grant) && { grantId: grant }),
      ...(isUuid(sid) && { grantId: sid }),
      ...(isUuid(requestId) && { requestId }),
      ...(typeof clientId === 'string' && { clientId }),
      failure: { finding, ...(supportCode !== undefined && { supportCode }) },
    });
  }

  /** The answer is out. `route`: as it was declared, undefined where there is none. */
  answered(request: FastifyRequest, route: string | undefined, status: number): void {
    const kind = KINDS[route ?? ''];
    const known = this.known.get(request);
    const failed = known?.failure !== undefined;
    if (kind === undefined && !failed) return;
    if (kind === 'call' && !this.isTold(request, known, status)) return;
    // Renewals go on all the time: only what fails of them is told.
    if (kind === 'token' && !failed && membersOf(request.body)['grant_type'] === 'refresh_token') return;
    try {
      this.record(kind ?? 'page', request, status);
    } catch (error) {
      // A step that cannot be told is not told. That is a defect: said once, not at every request.
      if (!this.failedBefore)
        this.logger.error(`A step is not recorded: ${(error as Error).message}`, (error as Error).stack);
      this.failedBefore = true;
    }
  }

  /** Of the calls of a connection only the first is told, and what fails; then the first that works again. */
  private isTold(request: FastifyRequest, known: Known | undefined, status: number): boolean {
    const grantId = known?.grantId ?? (request as { user?: { sid?: string } }).user?.sid;
    if (grantId === undefined) return true;
    this.know(request, { grantId });
    if (!known?.failure) return status < 400 && this.recorder.isFirstCall(grantId);
    this.recorder.forgetCalls(grantId);
    return true;
  }

  private record(route: StepKind, request: FastifyRequest, status: number): void {
    const given = membersOf(request.method === 'POST' ? request.body : request.query);
    const known = this.known.get(request) ?? {};
    const kind = known.kind ?? kindOf(route, given, known.failure === undefined && status === 401);
    const failure = known.failure ?? untold(kind, given, status);
    if (!failure && (ONLY_FAILURES.includes(kind) || (FORMS.includes(kind) && request.method !== 'POST'))) return;
    const { userId, grantId, clientId = given['client_id'], ...others } = known;
    this.recorder.add({ kind, userId, grantId, address: request.ip }, () => ({
      ...others,
      ...(failure && { failure }),
      sent: {
        ...shown(given),
        ...(kind === 'challenge' && 'access_token' in membersOf(request.query) && { access_token: 'in the query' }),
      },
      ...(typeof clientId === 'string' && clientId !== '' && { clientId }),
      browser: this.cookies.read(request, 'browser'),
      userAgent: request.headers['user-agent'] ?? '',
    }));
  }
}

function kindOf(route: StepKind, given: Readonly<Record<string, unknown>>, challenged: boolean): StepKind {
  if (route === 'token' && given['grant_type'] === 'refresh_token') return 'refresh';
  return route === 'call' && challenged ? 'challenge' : route;
}

/** What a page says in place, or a person decides, is no error, but it is why there is no connection. */
function untold(kind: StepKind, given: Readonly<Record<string, unknown>>, status: number): Known['failure'] {
  if (kind === 'log-in' && status >= 400) return { finding: new Finding('log-in', { throttled: status === 429 }) };
  if (kind === 'organization' && status >= 400) return { finding: new Finding('organization-chosen') };
  if (kind === 'approval' && given['decision'] === 'deny') return { finding: new Finding('person-approves') };
  return undefined;
}

function shown(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of SHOWN) if (given[name] !== undefined) values[name] = given[name];
  for (const name of PRESENT) if (given[name] !== undefined) values[name] = 'sent';
  return values;
}

/** Of a form, a query or a JSON object; what came to the MCP endpoint is bytes, and nobody's business. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
    ? (value as Record<string, unknown>)
    : {};
}
