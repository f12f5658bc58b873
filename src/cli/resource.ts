import { Command } from 'commander';
import type { Resource } from '../database/entities/resource.entity.js';
import type { Scope } from '../oauth/scope.js';
import { displayName } from '../organizations/display-name.js';
import { catalogueOf, declarableUri, MAX_SENTENCE, type ScopeFault } from '../resources/declaration.js';
import { CommandFault } from './command-fault.js';
import { type OutputOptions, printRows, say } from './output.js';
import { type Services, withServices } from './services.js';

interface ScopeOptions {
  readonly scope?: string[];
  readonly example?: string[];
  readonly implies?: string[];
  readonly changes?: string[];
  readonly adminsOnly?: string[];
}
type DeclareOptions = ScopeOptions & { readonly name: string };
type ChangeOptions = ScopeOptions & { readonly name?: string };

export function resourceCommand(): Command {
  const resource = new Command('resource').description('other MCP servers that tokens of this one are for');
  withScopes(
    resource
      .command('create <uri>')
      .description('declare a server by its MCP URL; prints its credentials, the secret once')
      .requiredOption('--name <name>', 'what people read'),
  ).action(create);
  withScopes(
    resource
      .command('change <uri>')
      .description('give it another name, or another set of scopes; connections stay')
      .option('--name <name>', 'what people read'),
  ).action(change);
  resource.command('list').description('those declared here').option('--json', 'as JSON').action(list);
  resource.command('show <uri>').description('everything about one').action(show);
  resource
    .command('rotate-secret <uri>')
    .description('give its server a new secret; prints it once')
    .action(rotateSecret);
  resource.command('remove <uri>').description('forget one, and end its connections').action(remove);
  return resource;
}

function withScopes(command: Command): Command {
  return command
    .option('--scope <name=sentence...>', 'a permission, in the words people read when they approve')
    .option('--example <name=words...>', 'what that means in practice')
    .option('--implies <name=name...>', 'a permission that contains another')
    .option('--changes <name...>', 'it changes or deletes things: people can take it away')
    .option('--admins-only <name...>', 'only owners and admins of an organization can give it');
}

async function create(value: string, options: DeclareOptions): Promise<void> {
  const uri = uriOf(value);
  const [name, scopes] = [nameOf(options.name), scopesOf(options)];
  const credentials = await withServices(({ declaredResources }) => declaredResources.declare({ uri, name, scopes }));
  if (credentials === 'own') throw new CommandFault(`${uri} is this server's own. It needs no declaration.`);
  if (credentials === 'declared before') throw new CommandFault(`${uri} is declared already. See "resource show".`);
  say(`Declared ${name}. Tokens for it have the audience ${uri}
  client_id      ${credentials.serverId}
  client_secret  ${credentials.secret}
Its server introspects tokens with these. The secret is shown this once.`);
}

async function change(value: string, options: ChangeOptions): Promise<void> {
  const changes = {
    ...(options.name !== undefined && { name: nameOf(options.name) }),
    ...(options.scope && { scopes: scopesOf(options) }),
  };
  if (Object.keys(changes).length === 0)
    throw new CommandFault('Say what to change: --name, or --scope with all of its scopes.');
  const uri = uriOf(value);
  const done = await withServices(({ storedResources, clock }) => storedResources.change(uri, changes, clock.now()));
  if (!done) throw notDeclared(uri);
  say('Changed. Tools get the new permissions when people approve them.');
}

async function list(options: OutputOptions): Promise<void> {
  const resources = await withServices(({ storedResources }) => storedResources.list());
  const rows = resources.map(({ uri, name, scopes, serverId, createdAt }) => ({
    uri,
    name,
    scopes: scopes.map((scope) => scope.name).join(' '),
    client_id: serverId,
    created: createdAt,
  }));
  printRows(rows, options, 'There are none. Declare one with "resource create".');
}

async function show(value: string): Promise<void> {
  const uri = uriOf(value);
  const { resource, connections } = await withServices(async (services) => ({
    resource: await find(services, uri),
    connections: await services.storedResources.connections(uri, services.clock.now()),
  }));
  const { name, scopes, serverId, createdAt } = resource;
  say(JSON.stringify({ uri, name, scopes, client_id: serverId, created: createdAt, connections }, null, 2));
}

async function rotateSecret(value: string): Promise<void> {
  const uri = uriOf(value);
  const secret = await withServices(({ declaredResources }) => declaredResources.rotateSecret(uri));
  if (!secret) throw notDeclared(uri);
  say(`  client_secret  ${secret}\nThe secret is shown this once. The old one is dead.`);
}

async function remove(value: string): Promise<void> {
  const uri = uriOf(value);
  const ended = await withServices(({ storedResources, clock }) => storedResources.remove(uri, clock.now()));
  if (ended === undefined) throw notDeclared(uri);
  say(`Removed. ${ended.live === 1 ? '1 connection has' : `${ended.live} connections have`} ended.`);
}

async function find({ storedResources }: Services, uri: string): Promise<Resource> {
  const resource = (await storedResources.list()).find((one) => one.uri === uri);
  if (!resource) throw notDeclared(uri);
  return resource;
}

const notDeclared = (uri: string) => new CommandFault(`No resource is declared for ${uri}. See "resource list".`);

function uriOf(value: string): string {
  const uri = declarableUri(value);
  if (uri === undefined)
    throw new CommandFault(
      'Give the URL of its MCP endpoint: https (http only on localhost, 127.0.0.1 and [::1]), no query, no fragment.',
    );
  return uri;
}

function nameOf(value: string): string {
  const name = displayName(value);
  if (name === undefined) throw new CommandFault('Give the resource a name of 1 to 100 visible characters.');
  return name;
}

/** The catalogue the options describe. Throws `CommandFault` naming the option that is wrong. */
function scopesOf({ scope = [], example = [], implies = [], changes = [], adminsOnly = [] }: ScopeOptions): Scope[] {
  const sentences = new Map(scope.map((text) => pairOf('--scope', text)));
  const examples = new Map(example.map((text) => pairOf('--example', text)));
  const implications = implies.map((text) => pairOf('--implies', text));
  for (const name of [...examples.keys(), ...implications.flat(), ...changes, ...adminsOnly])
    if (!sentences.has(name)) throw faultOf({ rule: 'implies', value: name });
  const catalogue = catalogueOf(
    [...sentences].map(([name, sentence]) => ({
      name,
      sentence,
      example: examples.get(name) ?? '',
      implies: implications.flatMap(([broad, narrow]) => (broad === name ? [narrow] : [])),
      changes: changes.includes(name),
      adminsOnly: adminsOnly.includes(name),
    })),
  );
  if ('rule' in catalogue) throw faultOf(catalogue);
  return catalogue;
}

function faultOf({ rule, value }: ScopeFault): CommandFault {
  const quoted = JSON.stringify(value);
  const sentences: Readonly<Record<ScopeFault['rule'], string>> = {
    none: 'Give it one scope or more, each with a sentence: --scope "files:read=See your files".',
    name: `${quoted} cannot be the name of a scope.`,
    twice: `${quoted} is given twice.`,
    sentence: `${quoted} is not a sentence of 1 to ${MAX_SENTENCE} visible characters.`,
    implies: `No --scope is called ${quoted}.`,
  };
  return new CommandFault(sentences[rule]);
}

function pairOf(option: string, text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new CommandFault(`${option} takes name=text, not ${JSON.stringify(text)}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}
