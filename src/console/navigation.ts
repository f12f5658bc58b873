import type { OwnOrganization } from '../database/repositories/organizations.repository.js';
import type { LiveSession } from '../database/repositories/sessions.repository.js';
import { ADMINISTRATORS } from '../oauth/role.js';
import { text, type TextKey } from '../texts/text.js';
import type { Shell } from './console.pages.js';

const PAGES: readonly Entry<Shell['current']>[] = [
  { page: 'overview', label: 'nav.overview', path: '/console' },
  { page: 'connections', label: 'nav.connections', path: '/console/connections' },
  { page: 'projects', label: 'nav.projects', path: '/console/projects' },
  { page: 'organizations', label: 'nav.organizations', path: '/console/organizations' },
  { page: 'account', label: 'nav.account', path: '/console/account' },
];
/** Of whoever governs the whole server. */
const OPERATOR: Entry<Shell['current']> = { page: 'operator', label: 'nav.operator', path: '/console/operator' };

/** Pages of one organization; the path follows its address. */
const ORGANIZATION_TABS = [
  { page: 'members', label: 'members.link', path: '/members', administrators: false },
  { page: 'connections', label: 'ai.link', path: '/connections', administrators: true },
  { page: 'policy', label: 'policy.link', path: '/policy', administrators: true },
  { page: 'second-factor', label: 'required.link', path: '/second-factor', administrators: true },
  { page: 'attempts', label: 'attempts.link', path: '/attempts', administrators: true },
  { page: 'usage', label: 'usage.link', path: '/usage', administrators: true },
  { page: 'audit', label: 'audit.link', path: '/audit', administrators: true },
] as const;
export type OrganizationTab = (typeof ORGANIZATION_TABS)[number]['page'];

/** Of a person's own tools. */
const CONNECTION_TABS = [
  { page: 'connections', label: 'nav.connections', path: '/console/connections' },
  { page: 'attempts', label: 'attempts.link', path: '/console/attempts' },
] as const;
type ConnectionTab = (typeof CONNECTION_TABS)[number]['page'];

const OPERATOR_TABS = [
  { page: 'health', label: 'nav.health', path: '/console/operator' },
  { page: 'people', label: 'nav.people', path: '/console/operator/people' },
  { page: 'clients', label: 'nav.clients', path: '/console/operator/clients' },
  { page: 'resources', label: 'nav.resources', path: '/console/operator/resources' },
  { page: 'organizations', label: 'nav.organizations', path: '/console/operator/organizations' },
  { page: 'keys', label: 'nav.keys', path: '/console/operator/keys' },
  { page: 'outbox', label: 'nav.outbox', path: '/console/operator/outbox' },
  { page: 'storage', label: 'nav.storage', path: '/console/operator/storage' },
  { page: 'settings', label: 'nav.settings', path: '/console/operator/settings' },
  { page: 'attempts', label: 'attempts.link', path: '/console/operator/attempts' },
  { page: 'audit', label: 'audit.link', path: '/console/operator/audit' },
] as const;
export type OperatorTab = (typeof OPERATOR_TABS)[number]['page'];

interface Entry<Page> {
  readonly page: Page;
  readonly label: TextKey;
  readonly path: string;
}

export function navigation(current: Shell['current'], { operator }: LiveSession): Shell['nav'] {
  return links(operator ? [...PAGES, OPERATOR] : PAGES, current);
}

/** To the pages of an organization that whoever stands in it like this can see. `waiting`: so many ask for tools. */
export function organizationTabs(
  { id, role }: OwnOrganization,
  current: OrganizationTab,
  waiting: number,
): Shell['tabs'] {
  const seen = ORGANIZATION_TABS.filter(({ administrators }) => !administrators || ADMINISTRATORS.includes(role));
  const tabs = links(seen, current, `/console/organizations/${id}`);
  if (waiting === 0) return tabs;
  const counted = text('policy.link-waiting', { count: waiting });
  return tabs.map((tab) => (tab.label.key === 'policy.link' ? { ...tab, label: counted } : tab));
}

export function connectionTabs(current: ConnectionTab): Shell['tabs'] {
  return links(CONNECTION_TABS, current);
}

export function operatorTabs(current: OperatorTab): Shell['tabs'] {
  return links(OPERATOR_TABS, current);
}

function links<Page>(entries: readonly Entry<Page>[], current: Page, below = ''): Shell['nav'] {
  return entries.map(({ page, label, path }) => ({ label: text(label), href: below + path, here: page === current }));
}
