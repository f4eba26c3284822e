"""Dynamic resources that do nothing, by default as many as the quickstart's link has."""

import pulumi
from nothing import Nothing

link = pulumi.ComponentResource("nothing:index:Link", "link")
for number in range(pulumi.Config().get_int("count") or 11):
    Nothing(f"nothing-{number}", opts=pulumi.ResourceOptions(parent=link))
