/** Without a home kubectl would keep what it learns of the API in the folder that it runs in: in the checkout. */
export function kubectlCacheOptions(env: NodeJS.ProcessEnv): string[] {
  return env['HOME'] || env['KUBECACHEDIR'] ? [] : ['--cache-dir=/dev/null'];
}
