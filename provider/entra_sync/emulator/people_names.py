"""Names, places and jobs that sample people are made of."""

from __future__ import annotations

__all__ = ["CITIES", "DEPARTMENTS", "GIVEN_NAMES", "STREETS", "SURNAMES", "TITLES"]

GIVEN_NAMES = tuple(
    ["Ada", "Adele", "Aisha", "Alejandro", "Amara", "Anders", "Anika", "Antoine", "Ayşe", "Beatriz", "Björn", "Camille", "Carlos", "Chen", "Chidi", "Chloé", "Dagny", "Daniel", "Dana", "Diego", "Divya", "Ebba", "Elena", "Emil", "Emma", "Eoin", "Fatima", "Felix", "Fiona", "François", "Frida", "Gabriel", "Grace", "Hana", "Hans", "Hugo", "Imani", "Inés", "Ingrid", "Isaac", "Ivan", "Jack", "James", "Jana", "Jia", "João", "John", "Jonas", "José", "Julia", "Kai", "Karim", "Katarzyna", "Kenji", "Kofi", "Lars", "Laura", "Layla", "Léa", "Leon", "Lidia", "Linh", "Lucía", "Łukasz", "Mads", "Maja", "Malik", "Marco", "Maria", "Markus", "Mei", "Miguel", "Mika", "Mona", "Nadia", "Naomi", "Nia", "Nikolai", "Noah", "Noor", "Nuno", "Olivia", "Oscar", "Paolo", "Pedro", "Petra", "Priya", "Quentin", "Rafael", "Rana", "Ravi", "Renée", "Rosa", "Ruth", "Sana", "Sara", "Sean", "Sofía", "Søren", "Stefan", "Sunita", "Tariq", "Tess", "Thiago", "Thomas", "Tomás", "Ulla", "Uma", "Valeria", "Vera", "Viktor", "Wei", "Wanda", "William", "Ximena", "Yara", "Yusuf", "Zara", "Zoë", "Zuzana"]
)

SURNAMES = tuple(
    ["Abbott", "Adeyemi", "Ahmed", "Alvarez", "Andersson", "Araújo", "Baker", "Banerjee", "Becker", "Bergström", "Bianchi", "Björk", "Brown", "Byrne", "Carter", "Castillo", "Chang", "Chaudhry", "Cohen", "Cooper", "Costa", "Davies", "Delgado", "Dubois", "Eriksen", "Evans", "Fernández", "Fischer", "Fitzgerald", "Fontaine", "Foster", "García", "Gomes", "González", "Gupta", "Haddad", "Hansen", "Harris", "Hassan", "Hernández", "Hoffmann", "Howard", "Hughes", "Ibrahim", "Ivanova", "Jackson", "Jansen", "Jensen", "Johansson", "Johnson", "Jones", "Jørgensen", "Kaplan", "Kapoor", "Karlsson", "Kaur", "Keller", "Khan", "Kim", "Kowalski", "Kumar", "Larsen", "Laurent", "Lee", "Lefèvre", "Lindqvist", "Li", "López", "Lovelace", "Lund", "Mahmoud", "Marino", "Martin", "Martínez", "Mbeki", "Mehta", "Meyer", "Miller", "Moreau", "Moreno", "Müller", "Murphy", "Nakamura", "Nguyen", "Nielsen", "Novák", "Nowak", "Núñez", "O'Brien", "O'Connor", "Okafor", "Oliveira", "Olsen", "Ortiz", "Park", "Patel", "Pereira", "Petrov", "Popescu", "Ramos", "Rao", "Reyes", "Ricci", "Rivera", "Robinson", "Rossi", "Roy", "Ruiz", "Russo", "Saito", "Salazar", "Sánchez", "Santos", "Sato", "Schmidt", "Schneider", "Scott", "Sharma", "Silva", "Singh", "Smith", "Sokolov", "Stewart", "Suzuki", "Svensson", "Tanaka", "Taylor", "Thompson", "Torres", "Tran", "Turner", "Ueda", "Vance", "Vargas", "Vasquez", "Vogel", "Wagner", "Walker", "Wang", "Ward", "Watanabe", "Weber", "White", "Williams", "Wilson", "Wójcik", "Wright", "Yamamoto", "Yılmaz", "Young", "Zhang", "Ziegler", "Zhou"]
)

DEPARTMENTS = {
    "Engineering": 30,
    "Support": 18,
    "Sales": 14,
    "Operations": 12,
    "Finance": 8,
    "Marketing": 7,
    "Human Resources": 5,
    "Legal": 3,
    "Research": 3,
}
"""Department names with their weights."""

TITLES = {
    "Engineering": (
        "Software Engineer",
        "Senior Software Engineer",
        "Site Reliability Engineer",
        "Test Engineer",
        "Architect",
    ),
    "Support": ("Support Engineer", "Escalation Engineer", "Support Manager", "Incident Coordinator"),
    "Sales": ("Account Executive", "Sales Engineer", "Account Manager", "Sales Director"),
    "Operations": ("Operations Analyst", "Logistics Planner", "Facilities Manager"),
    "Finance": ("Accountant", "Financial Analyst", "Controller"),
    "Marketing": ("Product Marketing Manager", "Content Designer", "Campaign Manager"),
    "Human Resources": ("Recruiter", "People Partner", "Compensation Analyst"),
    "Legal": ("Counsel", "Paralegal", "Contract Manager"),
    "Research": ("Research Scientist", "Data Scientist", "Research Assistant"),
}

CITIES = (
    ("Redmond", "WA", "US", "98052", "en-US"),
    ("Reston", "VA", "US", "20190", "en-US"),
    ("Austin", "TX", "US", "78701", "en-US"),
    ("Chicago", "IL", "US", "60601", "en-US"),
    ("Berlin", None, "DE", "10115", "de-DE"),
    ("München", None, "DE", "80331", "de-DE"),
    ("London", None, "GB", "EC1A 1BB", "en-GB"),
    ("Dublin", None, "IE", "D02 AF30", "en-IE"),
    ("Paris", None, "FR", "75001", "fr-FR"),
    ("Madrid", None, "ES", "28001", "es-ES"),
    ("Kraków", None, "PL", "30-001", "pl-PL"),
    ("Bengaluru", "KA", "IN", "560001", "en-IN"),
    ("Singapore", None, "SG", "018956", "en-SG"),
    ("Tokyo", None, "JP", "100-0001", "ja-JP"),
    ("São Paulo", "SP", "BR", "01000-000", "pt-BR"),
    ("Toronto", "ON", "CA", "M5H 2N2", "en-CA"),
)
"""City, state, country, postal code and language of an office."""

STREETS = (
    "Main Street",
    "Station Road",
    "Harbour Lane",
    "Oak Avenue",
    "Market Square",
    "Hill Street",
    "Mill Road",
    "Park Row",
)
