import { Command, Option } from 'commander';
import { Clock } from '../config/clock.js';
import { examine } from '../doctor/doctor.js';
import { FAULTS } from '../doctor/faults.js';
import { TOOLS } from '../doctor/tools.js';
import { CommandFault } from './command-fault.js';
import { say } from './output.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at a deployment from outside, as a tool does, and name what is wrong')
    .argument('<url>', 'the MCP endpoint, as people give it to their tools')
    .addOption(new Option('--as <tool>', 'whose habits to follow').choices(Object.keys(TOOLS)).default('any'))
    .action(doctor);
}

async function doctor(value: string, { as }: { as: string }): Promise<void> {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new CommandFault('Give the whole URL of the MCP endpoint, such as https://auth.example.com/mcp.');
  const url = new URL(value).href.replace(/\/$/, '');
  const tool = TOOLS[as]!;
  say(`${url}, as ${tool.name}\n`);
  const clock = new Clock();
  let faults = 0;
  for await (const { what, fault, note, found } of examine(url, tool, () => clock.now())) {
    if (!fault) say(note ? `  note   ${what}: ${note}` : `  ok     ${what}`);
    else {
      faults++;
      say(`  FAULT  ${what}: ${fault}\n         found: ${found}\n         cure:  ${FAULTS[fault]}`);
    }
  }
  if (faults === 0) return say(`\n${tool.name} can connect.`);
  throw new CommandFault(`\n${faults === 1 ? '1 fault' : `${faults} faults`}.`);
}
