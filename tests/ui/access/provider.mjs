// A real identity provider on 127.0.0.1, with its own pages for signing in: `node provider.mjs MODULES PORT REDIRECT`.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port, redirect] = process.argv.slice(2);
const entry = createRequire(pathToFileURL(modules + '/')).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(entry).href);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'zhida', client_secret: 'a-secret-of-the-test', redirect_uris: [redirect] }],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  pkce: { required: () => true },
  cookies: { keys: ['a key of the test'] },
  findAccount: async (ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, preferred_username: `${id}@corp.example`, groups: ['rd', 'qa'] }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
