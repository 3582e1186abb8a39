/** A file of a new project. */
export interface ProjectFile {
  /** From the project's folder. */
  readonly path: string;
  readonly content: string;
}

/** What `sluice init` writes: an agent in two versions, a judge, data, and an experiment over them that runs as it is. */
export function projectFiles(options: { ci: boolean }): ProjectFile[] {
  return [
    { path: 'sluice.config.ts', content: config },
    { path: 'experiment.yaml', content: experiment },
    { path: 'questions.csv', content: questions },
    { path: 'README.md', content: readme },
    ...(options.ci ? [{ path: '.github/workflows/sluice.yml', content: workflow }] : []),
  ];
}

const config = `// Agents and judges that are TypeScript functions. The worker reads this file again when it changes.

/** Stands for your agent: calls no model, so that the project runs as it is. */
function answer({ input, parameters }: { input: unknown; parameters: { [key: string]: unknown } }) {
  const question = String(input).toLowerCase();
  const words: Record<string, string> =
    parameters.version === 2
      ? { refund: 'billing', charge: 'billing', invoice: 'billing', parcel: 'shipping', arrive: 'shipping', password: 'account', email: 'account' }
      : { invoice: 'billing', parcel: 'shipping', password: 'account' };
  const word = Object.keys(words).find((one) => question.includes(one));
  return { output: word === undefined ? 'general' : words[word] };
}

/** A judge of your own: 1 when the answer is a team that exists. */
function known_team({ output }: { output: unknown }) {
  return ['billing', 'shipping', 'account', 'general'].includes(String(output));
}

export default { agents: { answer }, evaluators: { known_team } };
`;

const experiment = `kind: experiment
name: support-routing
dataset: { file: questions.csv, map: { input: question, expected: team } }
variants:
  control: { adapter: function, function: answer, parameters: { version: 1 } }
  candidate: { adapter: function, function: answer, parameters: { version: 2 } }
  # An agent of yours: { adapter: http, url: "http://127.0.0.1:8000/answer" }
evaluators:
  - { type: exact_match, name: correct }
  - { type: function, name: known_team, function: known_team }
gate:
  criteria:
    - { metric: correct, hypothesis: superior }
    - { metric: errorRate, hypothesis: no_regression }
`;

const asked: Record<string, readonly string[]> = {
  billing: [
    'Where is my refund?',
    'I want a refund for the broken lamp.',
    'Why did you charge me twice?',
    'There is a charge I do not know.',
    'Please send the invoice again.',
    'The invoice has the wrong address.',
    'How long does a refund take?',
    'A charge came after I cancelled.',
  ],
  shipping: [
    'My parcel is late.',
    'The parcel was left in the rain.',
    'When will my order arrive?',
    'Nothing did arrive today.',
    'Will it arrive before Friday?',
    'Can the parcel go to a neighbour?',
    'Did it arrive at the shop?',
    'It should arrive on Monday, why the delay?',
  ],
  account: [
    'I forgot my password.',
    'How do I change my email?',
    'The password page does not load.',
    'My email is spelled wrong.',
    'Which email do you have of me?',
    'Use another email from now on.',
    'Someone knows my password.',
    'Stop writing to my old email.',
  ],
};

const questions = `question,team
${Object.entries(asked)
  .flatMap(([team, lines]) => lines.map((line) => `"${line}",${team}`))
  .join('\n')}
`;

const readme = `# An experiment with Sluice

Two versions of a small agent sort 24 questions to teams. Does version 2 do better?

    sluice up                                  # in this folder: the worker reads sluice.config.ts
    sluice run start experiment.yaml --watch   # in another terminal: progress, numbers, verdict

Put your own agent into experiment.yaml (an HTTP endpoint, a Python file, a model), your own rows into questions.csv,
judges of your own into sluice.config.ts. "sluice plan experiment.yaml" says before what a run costs and can show.
`;

const workflow = `name: agent
on: pull_request
permissions:
  contents: read
jobs:
  experiment:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm ci # sluice is among your devDependencies
      # Exits 0 on a pass, 3 on a fail; the report stands on the page of the job.
      - run: npx sluice run start experiment.yaml --watch --on-inconclusive pass --markdown "$GITHUB_STEP_SUMMARY"
        env:
          SLUICE_URL: \${{ vars.SLUICE_URL }}
          SLUICE_API_KEY: \${{ secrets.SLUICE_API_KEY }}
`;
