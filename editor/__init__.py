"""The editor: graphs built, run and watched by hand, in Dear PyGui. Only `nodegraph edit` imports it."""
