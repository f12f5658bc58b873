import { Injectable } from '@nestjs/common';
import { toolName } from '../../clients/names.js';
import type { OwnOrganization } from '../../database/repositories/organizations.repository.js';
import type { PolicyChange } from '../../database/repositories/policies.repository.js';
import type { LiveSession } from '../../database/repositories/sessions.repository.js';
import { renderPage } from '../../http/page.js';
import { REHEARSED_DAYS, type Touched, ToolPolicy } from '../../policy/tool-policy.service.js';
import { Sealing } from '../../sealing/sealing.service.js';
import { text } from '../../texts/text.js';
import { type Http, Shells } from '../shells.js';
import type { Fields } from './policy-form.js';
import { PolicyPage, policyPath } from './policy-page.js';
import { PolicyWords } from './policy-words.js';
import { POLICY_REHEARSAL_PAGE } from './policy.pages.js';
import { PAGE, pageOf, placeOf, writtenPlaces } from './rehearsal-places.js';

const LIFETIME_SECONDS = 3600;

/** A change that was rehearsed, and of which version of the policy. */
interface Rehearsed {
  readonly change: PolicyChange;
  readonly version: number;
}

/** What a change would do, to be made or not. It travels sealed, in the form and in the addresses of further pages. */
@Injectable()
export class RehearsalPage {
  constructor(
    private readonly shells: Shells,
    private readonly policy: ToolPolicy,
    private readonly policyPage: PolicyPage,
    private readonly words: PolicyWords,
    private readonly sealing: Sealing,
  ) {}

  /** Its first page, or that which `asked` names, of a change that travels as `sealed`. */
  async show(
    rehearsed: Rehearsed,
    session: LiveSession,
    organization: OwnOrganization,
    http: Http,
    page?: { readonly sealed: string; readonly asked: Fields },
  ): Promise<void> {
    const { id } = organization;
    const { change, version } = rehearsed;
    const places = { ended: placeOf(page?.asked['ended']), changed: placeOf(page?.asked['changed']) };
    const rehearsal = await this.policy.rehearse(id, change, version, { ...places, size: PAGE });
    if (!rehearsal) return this.policyPage.show(session, organization, {}, http, text('policy.stale'));
    const { ended, changed, untouched, approvals } = rehearsal;
    const sealed = page?.sealed ?? this.seal(rehearsed, session, id);
    const [endedPage, changedPage] = [pageOf(ended.named), pageOf(changed.named)];
    const here = policyPath(id);
    const at = (there: Partial<typeof places>) =>
      `${here}/rehearsal?${new URLSearchParams({ change: sealed, ...writtenPlaces(there) })}`;
    await renderPage(http.reply, POLICY_REHEARSAL_PAGE, {
      title: text('policy.rehearsal-title'),
      shell: await this.shells.ofOrganization('policy', organization, session, http),
      notice: undefined,
      here,
      change: sealed,
      says: await this.words.says(change.people, change.becomes),
      denies: change.becomes?.verdict === 'deny',
      asks: change.becomes?.verdict === 'ask',
      name: await this.words.tool(id, change.tool),
      ended: ended.count,
      changed: changed.count,
      untouched,
      endedLines: endedPage.lines.map((one) => this.line(one)),
      changedLines: changedPage.lines.map((one) => this.line(one)),
      days: REHEARSED_DAYS,
      approvals: approvals.map(({ name, redirectUri, identity, ...counts }) => ({
        ...counts,
        tool: toolName(name, redirectUri),
        selfAsserted: identity === 'self-asserted',
      })),
      endedMore: endedPage.last && at({ ...places, ended: endedPage.last }),
      changedMore: changedPage.last && at({ ...places, changed: changedPage.last }),
      first: places.ended || places.changed ? at({}) : undefined,
    });
  }

  /** What was rehearsed for this organization in this session, of late. */
  opened(sealed: unknown, session: LiveSession, organizationId: string): Rehearsed | undefined {
    const context = contextOf(session, organizationId);
    const rehearsed = this.sealing.openLiving<Rehearsed>('policy-change', sealed, context);
    return rehearsed && { ...rehearsed, change: revived(rehearsed.change) };
  }

  private seal(rehearsed: Rehearsed, session: LiveSession, organizationId: string): string {
    return this.sealing.sealValue('policy-change', rehearsed, LIFETIME_SECONDS, contextOf(session, organizationId));
  }

  private line({ email, metadata, redirectUri, identity, after }: Touched) {
    return {
      email,
      tool: toolName(metadata.client_name, redirectUri),
      selfAsserted: identity === 'self-asserted',
      after: this.words.permissions(after),
    };
  }
}

const contextOf = ({ idHash }: LiveSession, organizationId: string) =>
  `${idHash.toString('base64url')} ${organizationId}`;

/** A time is text while it is sealed. */
function revived({ becomes, ...change }: PolicyChange): PolicyChange {
  return {
    ...change,
    becomes: becomes && { ...becomes, expiresAt: becomes.expiresAt && new Date(becomes.expiresAt) },
  };
}
