import { Command, InvalidArgumentError } from 'commander';
import { ROLES, type Role } from '../oauth/role.js';
import { displayName } from '../organizations/display-name.js';
import { CommandFault } from './command-fault.js';
import { type OutputOptions, printRows, say } from './output.js';
import { withServices } from './services.js';
import { find } from './user.js';

export function organizationCommand(): Command {
  const org = new Command('org').description('organizations');
  org
    .command('create <name>')
    .description('make an organization')
    .requiredOption('--owner <email>', 'whose it is')
    .action(create);
  org.command('list').description('all of them').option('--json', 'as JSON').action(list);
  org
    .command('add-member <organization-id> <email>')
    .description('let somebody in')
    .option('--role <role>', `one of ${ROLES.join(', ')}`, role, 'member' satisfies Role)
    .action(addMember);
  return org;
}

function role(value: string): Role {
  const known = ROLES.find((one) => one === value);
  if (!known) throw new InvalidArgumentError(`Choose one of ${ROLES.join(', ')}.`);
  return known;
}

async function create(value: string, options: { owner: string }): Promise<void> {
  const name = displayName(value);
  if (name === undefined) throw new CommandFault('Give the organization a name of 1 to 100 visible characters.');
  const { id } = await withServices(async (services) => {
    const owner = await find(services, options.owner);
    return services.organizations.create(name, owner.id, services.clock.now());
  });
  say(`Made ${name} (${id}).`);
}

async function list(options: OutputOptions): Promise<void> {
  const organizations = await withServices((services) => services.organizations.list());
  printRows(
    organizations.map(({ id, name, createdAt }) => ({ id, name, created: createdAt })),
    options,
    'There are no organizations yet.',
  );
}

async function addMember(organizationId: string, email: string, options: { role: Role }): Promise<void> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(organizationId))
    throw new CommandFault('Give the id of an organization, as "org list" shows it.');
  const added = await withServices(async (services) => {
    const user = await find(services, email);
    if (!(await services.organizations.find(organizationId)))
      throw new CommandFault('There is no organization of this id. See "org list".');
    return services.organizations.addMember(organizationId, user.id, options.role, services.clock.now());
  });
  if (!added) throw new CommandFault('They belong to it already.');
  say(`${email} is ${options.role} there now.`);
}
