"""A payment provider to try the shop with: its own process, its own file, no real money.

It is what a bank is to the shop: it takes each key once, remembers over a kill -9 what it answered,
tells by signed webhooks what customers did on its pages, and keeps the books that tests compare with.
"""
