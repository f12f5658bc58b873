import { Body, Controller, Get, NotFoundException, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTrustworthy, RegisteredClients } from '../../clients/registered-clients.js';
import { Clock } from '../../config/clock.js';
import { type KnownClient, KnownClients } from '../../database/repositories/known-clients.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { StoredClients } from '../../database/repositories/stored-clients.repository.js';
import { CsrfGuard } from '../../http/csrf.js';
import { renderPage } from '../../http/page.js';
import { seeOther } from '../../http/see-other.js';
import { CurrentSession, OperatorGuard } from '../../http/session.guard.js';
import { hashSecret } from '../../oauth/secret.js';
import { text } from '../../texts/text.js';
import { endedQuery } from '../ended.js';
import { Id } from '../id.js';
import { Shells } from '../shells.js';
import { clientWord } from './client-rows.js';
import type { Question } from '../confirmation.pages.js';
import { type Asking, Confirmations } from './confirmations.js';
import { CREDENTIALS_PAGE } from './credentials.pages.js';

const ACTS = ['rotate-secret', 'trust', 'distrust', 'block', 'unblock'] as const;
type Act = (typeof ACTS)[number];
type Done = Exclude<Act, 'rotate-secret'>;
/** What the page says afterwards. */
const NOTICES: Readonly<Record<Done, string>> = {
  trust: 'client-trust',
  distrust: 'client-distrust',
  block: 'client-block',
  unblock: 'client-unblock',
};

/** What operators do about one client. What ends connections is confirmed by typing its name. */
@Controller('console/operator/clients/:id')
@UseGuards(OperatorGuard)
export class ClientActsController {
  constructor(
    private readonly shells: Shells,
    private readonly confirmations: Confirmations,
    private readonly clients: KnownClients,
    private readonly stored: StoredClients,
    private readonly registered: RegisteredClients,
    private readonly clock: Clock,
  ) {}

  @Get(':act')
  async confirm(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { question } = await this.asked(id, name);
    await this.confirmations.ask({ tab: 'clients', session, request, reply }, question);
  }

  @Post(':act')
  @UseGuards(CsrfGuard)
  async act(
    @CurrentSession() session: LiveSession,
    @Id() id: string,
    @Param('act') name: string,
    @Body('confirm') typed: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { act, client, question } = await this.asked(id, name);
    const asking: Asking = { tab: 'clients', session, request, reply };
    if (!(await this.confirmations.given(asking, question, typed))) return;
    if (act === 'rotate-secret') return this.rotate(client, question, asking);
    const ended = await this.perform(act, client, session.userId);
    await seeOther(reply, `${question.back}?done=${NOTICES[act]}&${endedQuery(ended, this.clock.now())}`);
  }

  /** How many connections ended. */
  private async perform(act: Done, { clientId }: KnownClient, by: string): Promise<number> {
    if (act === 'trust' || act === 'distrust') {
      if (!(await this.registered.trust(clientId, act === 'trust', by))) throw new NotFoundException();
      return 0;
    }
    const row = await this.stored.find(hashSecret(clientId));
    const at = this.clock.now();
    if (act === 'unblock') {
      if (!row || !(await this.stored.unblock(row, at, by))) throw new NotFoundException();
      return 0;
    }
    const ended = row && (await this.stored.block(row, at, by));
    if (!ended) throw new NotFoundException();
    return ended.live;
  }

  private async rotate(
    { clientId }: KnownClient,
    { back }: Question,
    { session, request, reply }: Asking,
  ): Promise<void> {
    const secret = await this.registered.rotateSecret(clientId, session.userId);
    if (secret === undefined) throw new NotFoundException();
    await renderPage(reply, CREDENTIALS_PAGE, {
      title: text('credentials.new'),
      shell: await this.shells.ofOperator('clients', session, { request, reply }),
      notice: undefined,
      lead: text('credentials.replaced'),
      clientId,
      secret,
      next: back,
    });
  }

  private async asked(id: string, name: string): Promise<{ act: Act; client: KnownClient; question: Question }> {
    const act = ACTS.find((one) => one === name);
    const client = await this.clients.find(id);
    if (!act || !client || !isPossible(act, client)) throw new NotFoundException();
    const { connections } = await this.clients.factsOf(id, this.clock.now());
    const word = clientWord(client);
    const back = `/console/operator/clients/${id}`;
    const question = {
      title: text(`title.client-${act}`),
      what: text(`act.client-${act}-what`, { client: word, connections }),
      word: act === 'block' ? word : undefined,
      ends: act === 'block' || act === 'rotate-secret',
      action: `${back}/${act}`,
      submit: text(`act.client-${act}`),
      back,
    };
    return { act, client, question };
  }
}

function isPossible(act: Act, { identity, metadata, trusted, blockedAt }: KnownClient): boolean {
  const registered = identity === 'registered';
  switch (act) {
    case 'rotate-secret':
      return registered && metadata.token_endpoint_auth_method !== 'none';
    case 'trust':
      return registered && !trusted && isTrustworthy(metadata.redirect_uris);
    case 'distrust':
      return trusted;
    default:
      return (blockedAt !== null) === (act === 'unblock');
  }
}
