"""The editor's window, in Dear PyGui. Everything it knows it asks a Session; nothing outside this folder draws."""
