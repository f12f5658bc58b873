import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Client, Clients, isProven } from '../clients/clients.service.js';
import { DocumentUnavailable } from '../clients/documents/document-fetcher.js';
import { toolName } from '../clients/names.js';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { SeeOther } from '../http/see-other.js';
import { Finding } from '../oauth/finding.js';
import { OAuthError } from '../oauth/oauth-error.js';
import type { Parameters } from '../oauth/parameters.js';
import { CODE_CHALLENGE_METHOD, isCodeChallenge } from '../oauth/pkce.js';
import { redirectFault, redirectUriMatches } from '../oauth/redirect-uri.js';
import type { ProtectedResource } from '../oauth/resource.js';
import { OFFLINE_ACCESS } from '../oauth/scope.js';
import { Resources } from '../resources/resources.service.js';
import type { AuthorizationRequest } from './authorization-request.js';
import { refusalPage, removedResource, shown, unknownClient, unprovenRedirectUri, unreadableTool } from './refusals.js';
import { responseUri } from './authorization-response.js';
import { readPrompt } from './prompt.js';
import type { Answering } from './steps.js';

/** A person has this long to answer, in milliseconds. */
const LIFETIME_MS = 3_600_000;
const MAX_STATE_LENGTH = 4096;
const SINGLE = [
  'response_type',
  'response_mode',
  'state',
  'scope',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'request',
  'request_uri',
];

/**
 * Reads authorization requests. First what must be shown: an unknown client or an unproven redirect URI is never
 * redirected to (RFC 6749 §4.1.2.1). Then the rest, whose refusal may be taken back to the tool.
 */
@Injectable()
export class AuthorizationRequests {
  constructor(
    private readonly clients: Clients,
    private readonly resources: Resources,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * Throws `PageFailure`; `SeeOther` that takes a refusal back to a client whose identity is proven; `LogInFirst` for a
   * client whose document has not been seen. `person`: who is logged in.
   */
  async read(parameters: Parameters, person: Person): Promise<AuthorizationRequest> {
    const client = await this.client(parameters, person);
    const redirectUri = this.redirectUri(parameters, client);
    try {
      const request = this.readRest(parameters, client, redirectUri);
      const prompt = readPrompt(parameters.optional('prompt'));
      if (prompt.none) {
        throw (await person())
          ? new OAuthError('consent_required', 'a person must approve, and prompt is none', new Finding('prompt'))
          : new OAuthError('login_required', 'nobody is logged in, and prompt is none', new Finding('prompt'));
      }
      return { ...request, ...(prompt.login && { loginAgain: true }), ...(prompt.consent && { askAgain: true }) };
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const location = responseUri({ redirectUri, state: stateOf(parameters) }, error.toJSON(), this.config);
      // oauth-v2-1-13 §7.12.2: to a client that could be anybody, only when the person decides so.
      if (isProven(client, redirectUri) && (await person())) throw new SeeOther(location, { cause: error });
      throw refusalPage(error, toolName(client.metadata.client_name, redirectUri), location);
    }
  }

  /**
   * The client of a request that was read before, as it describes itself now. For somebody who is logged in: its
   * document may be fetched, as another node may have read the request. Throws `PageFailure` when the client is gone.
   */
  async clientOf({ request: { clientId, redirectUri }, session: { userId } }: Answering): Promise<Client> {
    const client = await this.asking(clientId, async () => userId);
    if (!client || client === 'unfetched') throw unknownClient(clientId);
    if (!isRegistered(redirectUri, client)) throw unprovenRedirectUri('redirect-uri-registered', redirectUri, client);
    return client;
  }

  /** The resource of a request that was read before. Throws `PageFailure` when it is gone. */
  async resourceOf({ resource: uri }: AuthorizationRequest): Promise<ProtectedResource> {
    const resource = await this.resources.findNow(uri);
    if (!resource) throw removedResource(uri);
    return resource;
  }

  /** The client, for a stranger: from what is known already; undefined when only its document could tell. */
  async knownClientOf({ clientId }: AuthorizationRequest): Promise<Client | undefined> {
    const client = await this.clients.findAsking(clientId, async () => undefined);
    return client === 'unfetched' ? this.clients.find(clientId) : client;
  }

  private async client(parameters: Parameters, person: Person): Promise<Client> {
    const clientId = shown(() => parameters.required('client_id'));
    const client = await this.asking(clientId, person);
    if (client === 'unfetched') throw new LogInFirst(clientId);
    if (!client) throw unknownClient(clientId);
    return client;
  }

  private async asking(clientId: string, person: Person): Promise<Client | 'unfetched' | undefined> {
    try {
      return await this.clients.findAsking(clientId, person);
    } catch (error) {
      if (error instanceof DocumentUnavailable) throw unreadableTool(clientId, error);
      throw error;
    }
  }

  private redirectUri(parameters: Parameters, client: Client): string {
    const { metadata } = client;
    const presented = shown(() => parameters.optional('redirect_uri'));
    if (presented === undefined) {
      const [only, another] = metadata.redirect_uris;
      if (only !== undefined && another === undefined) return only;
      throw unprovenRedirectUri('redirect-uri-registered', presented, client);
    }
    const fault = redirectFault(presented, this.config);
    if (fault) throw unprovenRedirectUri('redirect-uri-form', presented, client);
    if (!isRegistered(presented, client)) {
      throw unprovenRedirectUri('redirect-uri-registered', presented, client);
    }
    return presented;
  }

  private readRest(parameters: Parameters, client: Client, redirectUri: string): AuthorizationRequest {
    parameters.refuseRepeated(SINGLE);
    if (parameters.optional('request'))
      throw new OAuthError(
        'request_not_supported',
        'request objects are not supported',
        new Finding('no-request-object'),
      );
    if (parameters.optional('request_uri'))
      throw new OAuthError(
        'request_uri_not_supported',
        'request_uri is not supported',
        new Finding('no-request-object'),
      );
    const [type, mode] = [parameters.required('response_type'), parameters.optional('response_mode') ?? 'query'];
    const finding = new Finding('response-type', { response_type: type, response_mode: mode });
    if (type !== 'code') throw new OAuthError('unsupported_response_type', 'response_type must be code', finding);
    if (mode !== 'query') throw new OAuthError('invalid_request', 'response_mode must be query', finding);
    const state = parameters.optional('state');
    if (state !== undefined && state.length > MAX_STATE_LENGTH)
      throw new OAuthError(
        'invalid_request',
        `state is longer than ${MAX_STATE_LENGTH} characters`,
        new Finding('state-length', { length: state.length }),
      );
    const resource = this.resources.requested(parameters.all('resource'));
    const scopes = resource.scopes.requested(parameters.optional('scope'));
    return {
      id: randomUUID(),
      clientId: client.clientId,
      redirectUri,
      ...(state !== undefined && { state }),
      codeChallenge: codeChallenge(parameters),
      resource: resource.uri,
      scopes,
      renewable: client.metadata.grant_types.includes('refresh_token') || scopes.includes(OFFLINE_ACCESS),
      expiresAt: this.clock.now().getTime() + LIFETIME_MS,
    };
  }
}

type Person = () => Promise<string | undefined>;

/** Who asks is known only by a document, and that is fetched for nobody who is not logged in. */
export class LogInFirst extends Error {
  constructor(readonly clientId: string) {
    super('a person must log in before the document is fetched');
  }
}

/** RFC 7636 §4.3, for every client (oauth-v2-1-13 §7.5.1). An absent method would mean `plain`. */
function codeChallenge(parameters: Parameters): string {
  const challenge = parameters.required('code_challenge');
  const method = parameters.optional('code_challenge_method');
  const finding = new Finding('code-challenge', { method, length: challenge.length });
  if (method !== CODE_CHALLENGE_METHOD)
    throw new OAuthError('invalid_request', 'code_challenge_method must be S256', finding);
  if (!isCodeChallenge(challenge))
    throw new OAuthError('invalid_request', 'code_challenge must be 43 base64url characters', finding);
  return challenge;
}

/** The state, if it is one that can be given back. */
function stateOf(parameters: Parameters): string | undefined {
  try {
    const state = parameters.optional('state');
    return state !== undefined && state.length <= MAX_STATE_LENGTH ? state : undefined;
  } catch {
    return undefined;
  }
}

function isRegistered(redirectUri: string, { metadata }: Client): boolean {
  return metadata.redirect_uris.some((registered) => redirectUriMatches(registered, redirectUri));
}
