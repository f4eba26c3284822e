"""As many dynamic resources as the quickstart's link has, which do nothing: the least that a preview can take."""

import pulumi
from nothing import Nothing

link = pulumi.ComponentResource("nothing:index:Link", "link")
for number in range(11):
    Nothing(f"nothing-{number}", opts=pulumi.ResourceOptions(parent=link))
