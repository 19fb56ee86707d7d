"""Usage and costs straight from a provider, page by page.

What is asked for is worked out without a network (``requests`` and one module a
provider), asked by ``transport``, kept on disk page by page by ``saved``, and put
together by ``ranges``.
"""
