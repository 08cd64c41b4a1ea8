import type { BackendTemplateOptions } from './backend-template-options.js';

export function backendReadme({ name, monorepoPath }: BackendTemplateOptions): string {
  const install = monorepoPath === undefined ? 'npm install\n' : '';
  const serve =
    monorepoPath === undefined
      ? 'npx -p @nereid/server nereid'
      : `node ${monorepoPath}/packages/server/dist/nereid.js`;
  const registration =
    monorepoPath === undefined
      ? ''
      : "Within these sources it also belongs into `references` of the root's `tsconfig.json`.\n\n";
  return `# ${name}

A backend of the Nereid inference server. As it stands it multiplies each FP32 input by the model's
parameter \`factor\`; replace \`src/index.ts\` with what your models need.

\`\`\`sh
${install}npx tsc -b
npm test
${serve} --backend-directory .. --model-repository model_repository
\`\`\`

and then

\`\`\`sh
curl -d '{"inputs":[{"name":"INPUT","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}' \\
  localhost:8000/v2/models/${name}_example/infer
\`\`\`

- \`package.json\`: its field \`nereid\` is how the server finds the backend, by the name ${name}.
- \`src/index.ts\`: a backend loads models, a model makes instances, an instance executes batches.
  The doc comments of \`@nereid/core\` say who calls what, when, and what may be thrown.
- \`src/backend.test.ts\`: \`describeBackend\` of \`@nereid/testing\` checks the contract that the
  server relies on. It stays; only its model, inputs and outputs change with the backend.
- \`model_repository\`: an example model.

${registration}Once it is published, a project that depends on it and starts the server needs no
\`--backend-directory\`.
`;
}
